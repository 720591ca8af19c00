"""Certified lists: whenever they claim a proof, a plain loop over all candidates agrees."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.certificate import Lists, bound_rest, phi
from mars_model.scoring.lists import top_n_by_lists
from mars_model.scoring.paths import serve
from tests.scoring.plain import list_by_loop, lists_by_sorting

N_ITEMS = 60


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.sampled_from([2, 6]),
    spread=st.sampled_from([0.1, 0.6, 2.0]),
    bias_spread=st.sampled_from([0.0, 0.3, 4.0]),
    length=st.integers(2, 60),
    n=st.integers(1, 8),
    histories=st.lists(
        st.sets(st.integers(0, 59), min_size=1, max_size=55), min_size=1, max_size=4
    ),
    has_twins=st.booleans(),
    has_segment=st.booleans(),
)
def test_no_certificate_is_false(
    make_catalogue, seed, size, spread, bias_spread, length, n, histories, has_twins, has_segment
):
    rng = np.random.default_rng(seed)
    memory = np.tanh(rng.normal(0, spread, (N_ITEMS, size))).astype(np.float32)
    vectors = np.tanh(rng.normal(0, spread, (N_ITEMS, size))).astype(np.float32)
    bias = rng.normal(0, bias_spread, N_ITEMS).astype(np.float32)
    if has_twins:
        vectors[30:], bias[30:] = vectors[:30], bias[:30]
    allowed = np.ones((2, N_ITEMS), dtype=bool)
    allowed[1] = rng.random(N_ITEMS) < 0.5
    catalogue = make_catalogue(memory, vectors, item_bias=bias, allowed=allowed)
    likes = LikeMatrix.from_rows([sorted(history) for history in histories], N_ITEMS)
    segments = np.full(len(histories), int(has_segment), dtype=np.int32)
    found = top_n_by_lists(lists_by_sorting(catalogue, length), catalogue, likes, segments, n)
    for user, history in enumerate(histories):
        if not found.is_proved[user]:
            continue
        positions, scores = list_by_loop(catalogue, sorted(history), n, int(has_segment))
        assert found.positions[user].tolist() == positions
        np.testing.assert_allclose(found.scores[user], scores, rtol=1e-6, atol=1e-6)


def test_whole_lists_prove_every_user_with_enough_candidates(make_catalogue, tanh_vectors):
    memory, vectors = tanh_vectors(1, N_ITEMS, 6), tanh_vectors(2, N_ITEMS, 6)
    catalogue = make_catalogue(memory, vectors)
    lists = lists_by_sorting(catalogue, N_ITEMS)
    likes = LikeMatrix.from_rows([[1], [2, 3, 50], list(range(40))], N_ITEMS)
    found = top_n_by_lists(lists, catalogue, likes, np.zeros(3, dtype=np.int32), 5)
    assert found.is_proved.tolist() == [True, True, True]


@pytest.mark.parametrize("length", [1, 3, 8])
def test_users_whom_short_lists_cannot_prove_are_served_all_the_same(
    attention_of, make_catalogue, tanh_vectors, length
):
    memory, vectors = tanh_vectors(3, N_ITEMS, 6), tanh_vectors(4, N_ITEMS, 6)
    bias = np.random.default_rng(5).normal(size=N_ITEMS).astype(np.float32)
    catalogue = make_catalogue(memory, vectors, item_bias=bias)
    histories = [[0, 7, 20], [59], list(range(30))]
    likes = LikeMatrix.from_rows(histories, N_ITEMS)
    lists = lists_by_sorting(catalogue, length)
    nobody = np.zeros(3, dtype=np.int32)
    assert not top_n_by_lists(lists, catalogue, likes, nobody, 10).is_proved.all()
    served = serve(attention_of(6), lists, catalogue, likes, nobody, 10, "softmax")
    for user, history in enumerate(histories):
        assert served.positions[user].tolist() == list_by_loop(catalogue, history, 10)[0]
    counts = served.counts
    n_users = sum(n for name, n in counts.items() if name.startswith("users_by_path_"))
    assert n_users == 3
    assert counts["certificates_failed"] == counts["users_by_path_full"] > 0
    assert counts["pairs"] == (3 + 1 + 30) * N_ITEMS


def test_both_paths_give_the_same_bits(attention_of, make_catalogue, tanh_vectors):
    memory, vectors = tanh_vectors(6, N_ITEMS, 6), tanh_vectors(7, N_ITEMS, 6)
    catalogue = make_catalogue(memory, vectors)
    likes = LikeMatrix.from_rows([[5, 6], [1, 30, 44], list(range(20, 40))], N_ITEMS)
    lists = lists_by_sorting(catalogue, 40)
    nobody = np.zeros(3, dtype=np.int32)
    ways = [
        serve(attention_of(6), some, catalogue, likes, nobody, 7, "softmax")
        for some in (lists, None)
    ]
    assert ways[0].counts["users_by_path_lists"] == 3
    assert ways[1].counts["users_by_path_full"] == 3
    assert ways[0].scores.tobytes() == ways[1].scores.tobytes()
    assert ways[0].positions.tolist() == ways[1].positions.tolist()


@given(
    relevance=st.lists(st.floats(-4, 4), min_size=1, max_size=12),
    threshold=st.floats(-4, 4),
)
def test_a_score_reaches_a_threshold_exactly_where_the_terms_add_up(relevance, threshold):
    weights = [math.exp(y) for y in relevance]
    score = sum(w * y for w, y in zip(weights, relevance, strict=True)) / sum(weights)
    if abs(score - threshold) > 1e-9:
        assert (sum(phi(y, threshold) for y in relevance) >= 0) == (score >= threshold)


@given(seed=st.integers(0, 10_000), threshold=st.floats(-2, 3), cut=st.floats(-2, 3))
def test_what_was_not_read_stays_below_the_bound(seed, threshold, cut):
    rng = np.random.default_rng(seed)
    relevance, bias = rng.normal(0, 1, (4, 50)), rng.normal(0, 0.5, 50)
    low, high = relevance.min(axis=1), relevance.max(axis=1)
    lists = Lists(
        np.zeros((4, 1), np.int32),
        np.zeros((4, 1), np.float32),
        np.zeros(4, np.float32),
        np.nextafter(low.astype(np.float32), np.float32(-np.inf)),
        np.nextafter(high.astype(np.float32), np.float32(np.inf)),
    )
    bins = np.array([[bias.min() - 1e-6, bias.max() + 1e-6]], dtype=np.float32)
    terms = np.empty((4, 1))
    bound = bound_rest(np.arange(4, dtype=np.int32), np.full(4, cut), lists, bins, threshold, terms)
    values = relevance + bias
    for unread in values[:, (values < cut).all(axis=0)].T:
        total = sum(math.exp(y) * (y - threshold) for y in unread)
        assert total <= bound + 1e-9
