"""A certificate is never false: where a list is called proved, plain attention gives it too."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.average_certificate import bound_rest, phi
from mars_model.scoring.certified_lists import bias_bins, slack, top_n_by_lists
from mars_model.scoring.evidence_certificate import choose_cuts
from mars_model.scoring.exact import SOFTMAX
from mars_model.scoring.memory_plan import _cut
from mars_model.scoring.paths import serve
from tests.scoring.plain import (
    list_by_loop,
    lists_by_sorting,
    no_segments,
    relevance_by_loop,
    scores_by_loop,
)

SEEDS = st.integers(0, 2**32 - 1)
KINDS = ["softmax", "evidence"]
BOTH_KINDS = pytest.mark.parametrize("kind", KINDS)


def make_world(make_catalogue, seed, n_items, size, scale, bias, structure):
    """Random vectors, or tastes: items around a few centres, as trained models have them."""
    rng = np.random.default_rng(seed)
    if structure:
        centres = rng.normal(size=(4, size))
        of_item = rng.integers(0, 4, n_items)
        memory, vectors = centres[of_item] + 0.2 * rng.normal(size=(2, n_items, size))
    else:
        memory, vectors = rng.normal(size=(2, n_items, size))
    memory, vectors = (np.tanh(scale * v).astype(np.float32) for v in (memory, vectors))
    item_bias = (bias * rng.standard_cauchy(n_items)).clip(-20, 20).astype(np.float32)
    twins = rng.integers(0, n_items, (2, n_items // 4))
    vectors[twins[0]], item_bias[twins[0]] = vectors[twins[1]], item_bias[twins[1]]
    memory[twins[0][:3]] = memory[twins[1][:3]]
    allowed = np.stack([np.ones(n_items, bool), rng.random(n_items) < 0.5])
    return make_catalogue(memory, vectors, item_bias=item_bias, allowed=allowed)


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=SEEDS,
    n_items=st.sampled_from([12, 40, 90]),
    size=st.sampled_from([1, 3, 8, 50]),
    scale=st.sampled_from([0.05, 0.5, 1.0, 50.0]),
    bias=st.sampled_from([0.0, 0.1, 1.0, 5.0]),
    structure=st.booleans(),
    length=st.sampled_from([2, 4, 8, 16, 64]),
    n=st.sampled_from([1, 2, 5, 20]),
    kind=st.sampled_from(KINDS),
    histories=st.lists(st.lists(SEEDS, min_size=1, max_size=40), min_size=1, max_size=5),
)
def test_no_list_is_proved_that_plain_attention_does_not_give(
    make_catalogue, seed, n_items, size, scale, bias, structure, length, n, kind, histories
):
    catalogue = make_world(make_catalogue, seed, n_items, size, scale, bias, structure)
    likes = LikeMatrix.from_rows([[i % n_items for i in row] for row in histories], n_items)
    segments = (np.arange(likes.n_users) % 2).astype(np.int32)
    lists = lists_by_sorting(catalogue, length)
    found = top_n_by_lists(lists, catalogue, likes, segments, n, kind)
    for user in np.flatnonzero(found.is_proved):
        history = likes.row(user).tolist()
        positions, scores = list_by_loop(catalogue, history, n, segments[user], kind)
        assert found.positions[user].tolist() == positions
        np.testing.assert_allclose(found.scores[user], scores, rtol=1e-6, atol=1e-5)


@BOTH_KINDS
@pytest.mark.parametrize("n", [5, 20])
@pytest.mark.parametrize("structure", [True, False])
def test_long_lists_of_a_large_catalogue_prove_nothing_false(make_catalogue, structure, n, kind):
    n_items, n_proved = 5000, 0
    for seed in range(2):
        catalogue = make_world(make_catalogue, seed, n_items, 16, 0.7, 0.3, structure)
        lists = lists_by_sorting(catalogue, 384)
        rng = np.random.default_rng(seed)
        lengths = [1, 2, 3, 8, 8, 20, 40, 90]
        rows = [rng.choice(n_items, length, replace=False).tolist() for length in lengths]
        likes = LikeMatrix.from_rows(rows, n_items)
        found = top_n_by_lists(lists, catalogue, likes, no_segments(likes), n, kind)
        n_proved += int(found.is_proved.sum())
        for user in np.flatnonzero(found.is_proved):
            history = likes.row(user).tolist()
            assert (
                found.positions[user].tolist() == list_by_loop(catalogue, history, n, kind=kind)[0]
            )
    assert n_proved > 0


@BOTH_KINDS
@pytest.mark.parametrize("length", [33, 40, 64])
def test_lists_that_were_cut_to_fit_prove_nothing_false(make_catalogue, length, kind):
    n_proved = 0
    for seed in range(6):
        catalogue = make_world(make_catalogue, seed, 200, 8, 1.0, 0.5, True)
        whole = lists_by_sorting(catalogue, 100)
        cut = _cut(whole, room=8 * length * len(whole.values))
        assert cut.values.shape == (200, length)
        assert np.array_equal(cut.floors, whole.values[:, length])
        likes = LikeMatrix.from_rows([[1, 2], [7], list(range(0, 60, 3))], 200)
        found = top_n_by_lists(cut, catalogue, likes, no_segments(likes), 3, kind)
        n_proved += int(found.is_proved.sum())
        for user in np.flatnonzero(found.is_proved):
            history = likes.row(user).tolist()
            expected = list_by_loop(catalogue, history, 3, kind=kind)[0]
            assert found.positions[user].tolist() == expected
    assert n_proved > 0


@BOTH_KINDS
def test_lists_that_hold_everything_prove_every_user_with_enough_left(make_catalogue, kind):
    catalogue = make_world(make_catalogue, 5, 40, 6, 1.0, 0.0, False)
    likes = LikeMatrix.from_rows([[0], [1, 2, 3], list(range(35)), list(range(38))], 40)
    lists, nobody = lists_by_sorting(catalogue, 64), no_segments(likes)
    found = top_n_by_lists(lists, catalogue, likes, nobody, 5, kind)
    # The last has two candidates left and asks for five.
    assert found.is_proved.tolist() == [True, True, True, False]


@BOTH_KINDS
@pytest.mark.parametrize(
    ("case", "length", "n"),
    [
        ("random vectors, tiny lists", 16, 4),
        ("too few in the lists", 2, 20),
        ("everything seen", 16, 6),
        ("no list", 300, 6),
    ],
)
def test_users_without_a_certificate_get_their_exact_list_in_full(
    attention_of, make_catalogue, case, length, n, kind
):
    # Weak vectors: every slot counts about the same, so no candidate stands out.
    catalogue = make_world(make_catalogue, 9, 300, 50, 0.1, 0.0, False)
    lists = lists_by_sorting(catalogue, length)
    histories = [list(range(0, 300, 9)), list(range(4, 60, 3))]
    if case == "everything seen":
        histories = [list(range(300)), list(range(298))]
    if case == "no list":
        lists.row_of_item[[7, 9]] = -1
    likes = LikeMatrix.from_rows(histories, 300)
    proved = top_n_by_lists(lists, catalogue, likes, no_segments(likes), n, kind).is_proved
    assert not proved.any()
    served = serve(attention_of(50, kind), lists, catalogue, likes, no_segments(likes), n, kind)
    expected = [list_by_loop(catalogue, history, n, kind=kind)[0] for history in histories]
    assert served.positions.tolist() == expected
    assert served.counts["certificates_failed"] == served.counts["users_by_path_full"] == 2
    assert served.counts["users_by_path_lists"] == 0
    assert served.counts["pairs"] == sum(len(h) for h in histories) * 300


@BOTH_KINDS
@pytest.mark.parametrize("length", [1, 3, 8])
def test_users_whom_short_lists_cannot_prove_are_served_all_the_same(
    attention_of, make_catalogue, tanh_vectors, length, kind
):
    memory, vectors = tanh_vectors(3, 60, 6), tanh_vectors(4, 60, 6)
    bias = np.random.default_rng(5).normal(size=60).astype(np.float32)
    catalogue = make_catalogue(memory, vectors, item_bias=bias)
    histories = [[0, 7, 20], [59], list(range(30))]
    likes = LikeMatrix.from_rows(histories, 60)
    lists = lists_by_sorting(catalogue, length)
    nobody = np.zeros(3, dtype=np.int32)
    assert not top_n_by_lists(lists, catalogue, likes, nobody, 10, kind).is_proved.all()
    served = serve(attention_of(6, kind), lists, catalogue, likes, nobody, 10, kind)
    for user, history in enumerate(histories):
        expected = list_by_loop(catalogue, history, 10, kind=kind)[0]
        assert served.positions[user].tolist() == expected
    counts = served.counts
    n_users = sum(n for name, n in counts.items() if name.startswith("users_by_path_"))
    assert n_users == 3
    assert counts["certificates_failed"] == counts["users_by_path_full"] > 0
    assert counts["pairs"] == (3 + 1 + 30) * 60


@settings(max_examples=300, deadline=None)
@given(
    relevance=st.lists(st.floats(-60, 60), min_size=1, max_size=30),
    bias=st.floats(-5, 5),
    threshold=st.floats(-70, 70),
)
def test_a_score_reaches_a_threshold_where_the_terms_add_up_to_something_not_negative(
    relevance, bias, threshold
):
    values = [s + bias for s in relevance]
    top = max(values)
    weights = [math.exp(y - top) for y in values]
    score = sum(w * y for w, y in zip(weights, values, strict=True)) / sum(weights)
    if abs(score - threshold) > 1e-9 * (1 + abs(threshold)):
        assert (score > threshold) == (sum(phi(y, threshold) for y in values) > 0)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=SEEDS,
    scale=st.sampled_from([0.3, 1.0, 3.0]),
    bias=st.sampled_from([0.0, 0.5, 3.0]),
    structure=st.booleans(),
    length=st.integers(1, 60),
    rows=st.lists(st.integers(0, 59), min_size=1, max_size=12, unique=True),
    share=st.floats(0, 1),
)
def test_no_candidate_outside_what_was_read_reaches_the_bound(
    make_catalogue, seed, scale, bias, structure, length, rows, share
):
    catalogue = make_world(make_catalogue, seed, 60, 6, scale, bias, structure)
    lists = lists_by_sorting(catalogue, length)
    bins, bin_of = bias_bins(catalogue.item_bias)
    scores = scores_by_loop(catalogue, rows)
    lowest, highest = scores.min(), scores.max()
    threshold = float(lowest + share * (highest - lowest))
    rows = np.array(rows, dtype=np.int32)
    cuts = np.maximum(lists.floors[rows].astype(float), threshold - 0.5)
    terms = np.empty((len(rows), len(bins)))
    worst = bound_rest(rows, cuts, lists.arrays(), bins, threshold, terms)
    values = relevance_by_loop(catalogue.memory[rows], catalogue.candidates) + catalogue.item_bias
    margin = slack(catalogue, SOFTMAX)
    for position in range(60):
        is_read = [
            position in lists.neighbours[row][lists.values[row] >= cut]
            for row, cut in zip(rows, cuts, strict=True)
        ]
        if not any(is_read) and worst < 0:
            assert scores[position] < threshold + margin
        for slot, was_read in enumerate(is_read):
            if not was_read:
                value = values[slot, position]
                term = math.exp(value) * (value - threshold)
                # What float32 loses of a value grows with it, and exp hands it on to the term.
                scale_of_term = math.exp(value) * (1 + abs(value) + abs(threshold) + margin)
                assert term <= terms[slot, bin_of[position]] + 1e-5 * scale_of_term


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=SEEDS,
    bias=st.sampled_from([0.0, 0.5, 3.0]),
    length=st.integers(1, 60),
    rows=st.lists(st.integers(0, 59), min_size=1, max_size=12, unique=True),
    share=st.floats(0.01, 0.99),
    rank=st.integers(0, 59),
)
def test_no_candidate_in_no_list_read_to_its_cut_has_the_evidence_that_a_list_needs(
    make_catalogue, seed, bias, length, rows, share, rank
):
    catalogue = make_world(make_catalogue, seed, 60, 6, 1.0, bias, True)
    lists = lists_by_sorting(catalogue, length)
    scores = scores_by_loop(catalogue, rows, "evidence")
    threshold = float(np.sort(scores)[rank])
    rows, cuts = np.array(rows, dtype=np.int32), np.empty(len(rows))
    has_more = choose_cuts(rows, lists.arrays(), threshold, share, cuts)
    assert (cuts >= lists.floors[rows]).all()
    assert has_more == (cuts > lists.floors[rows]).any()
    most = np.exp(cuts - threshold).sum()
    assert most <= share + 1e-9 or (cuts == lists.floors[rows]).any()
    for position in range(60):
        is_read = [
            position in lists.neighbours[row][lists.values[row] >= cut]
            for row, cut in zip(rows, cuts, strict=True)
        ]
        if not any(is_read):
            assert scores[position] - threshold <= np.log(most) + 1e-4


def test_bins_hold_every_bias_between_their_ends():
    rng = np.random.default_rng(1)
    for bias in (rng.normal(size=100), np.zeros(5), np.r_[np.zeros(99), 7.0], np.ones(1)):
        bins, bin_of = bias_bins(bias.astype(np.float32))
        assert bins.shape[0] <= 8
        assert (bins[bin_of, 0] <= bias.astype(np.float32)).all()
        assert (bias.astype(np.float32) <= bins[bin_of, 1]).all()
