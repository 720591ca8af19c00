"""The shortlist in full blocks against one softmax per user and candidate, in float64."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.full_blocks import COLUMNS
from mars_model.scoring.shortlist import shortlist

HISTORIES = [[0, 3, 9], [11], [2, 4, 6, 8, 10], list(range(12)), [1, 5]]


def score_by_loop(memory, candidate, bias) -> float:
    """Eq. 7-9 for one user's slots and one candidate."""
    relevance = [
        sum(float(m) * float(c) for m, c in zip(s, candidate, strict=True)) for s in memory
    ]
    weights = [np.exp(value - max(relevance)) for value in relevance]
    return sum(w * s for w, s in zip(weights, relevance, strict=True)) / sum(weights) + float(bias)


def lists_by_loop(catalogue, histories, n, segments=None) -> list[list[int]]:
    """Unseen candidates of a segment by score descending, then position, padded with -1."""
    lists = []
    for user, history in enumerate(histories):
        segment = 0 if segments is None else segments[user]
        scored = []
        for position, item in enumerate(catalogue.candidate_idx.tolist()):
            if item not in history and catalogue.allowed[segment][position]:
                candidate, bias = catalogue.candidates[position], catalogue.item_bias[position]
                score = score_by_loop(catalogue.memory[history], candidate, bias)
                scored.append((-score, position))
        best = [position for _, position in sorted(scored)[:n]]
        lists.append(best + [-1] * (n - len(best)))
    return lists


# One block that is not full, two full ones, and one candidate in a block of its own.
@pytest.mark.parametrize("n_items", [12, 2 * COLUMNS, 2 * COLUMNS + 1])
@pytest.mark.parametrize("size", [1, 6, 50])
def test_a_shortlist_agrees_with_a_plain_loop(
    attention_of, tanh_vectors, make_catalogue, size, n_items
):
    memory, vectors = tanh_vectors(1, n_items, size), tanh_vectors(2, n_items, size)
    bias = np.random.default_rng(3).normal(size=n_items)
    catalogue = make_catalogue(memory, vectors, item_bias=bias)
    likes = LikeMatrix.from_rows(HISTORIES, n_items)
    scores, found, has_failed = shortlist(attention_of(size), catalogue, likes, 5)
    expected = lists_by_loop(catalogue, HISTORIES, 5)
    assert found.tolist() == expected
    assert not has_failed.any()
    for history, places, row in zip(HISTORIES, expected, scores.tolist(), strict=True):
        for position, score in zip(places, row, strict=True):
            plain = -np.inf
            if position >= 0:
                slots = catalogue.memory[history]
                plain = score_by_loop(slots, vectors[position], catalogue.item_bias[position])
            assert score == pytest.approx(plain, abs=1e-5)


def test_only_candidates_are_listed_by_their_own_position(
    attention_of, tanh_vectors, make_catalogue
):
    chosen = [1, 2, 5, 6, 7, 11]
    catalogue = make_catalogue(tanh_vectors(4, 12, 6), tanh_vectors(5, 12, 6), candidate_idx=chosen)
    likes = LikeMatrix.from_rows(HISTORIES, 12)
    _, found, _ = shortlist(attention_of(6), catalogue, likes, 4)
    assert found.tolist() == lists_by_loop(catalogue, HISTORIES, 4)


def test_every_user_is_listed_the_items_of_the_segment_only(
    attention_of, tanh_vectors, make_catalogue
):
    odd = [position % 2 == 1 for position in range(12)]
    allowed = [[True] * 12, odd, [position in (4, 11) for position in range(12)], [False] * 12]
    catalogue = make_catalogue(tanh_vectors(6, 12, 6), tanh_vectors(7, 12, 6), allowed=allowed)
    likes = LikeMatrix.from_rows(HISTORIES, 12)
    segments = np.array([1, 2, 3, 1, 0], dtype=np.int32)
    _, found, _ = shortlist(attention_of(6), catalogue, likes, 4, segments)
    assert found.tolist() == lists_by_loop(catalogue, HISTORIES, 4, segments)


def test_liked_items_are_never_listed_and_the_end_is_marked(
    attention_of, tanh_vectors, make_catalogue
):
    catalogue = make_catalogue(tanh_vectors(1, 12, 6), tanh_vectors(2, 12, 6))
    likes = LikeMatrix.from_rows(HISTORIES, 12)
    scores, found, _ = shortlist(attention_of(6), catalogue, likes, 20)
    for row, of_row, history in zip(found.tolist(), scores, HISTORIES, strict=True):
        unseen = set(range(12)) - set(history)
        listed = [position for position in row if position >= 0]
        assert set(listed) == unseen and len(listed) == len(unseen)
        assert row[len(listed) :] == [-1] * (len(row) - len(listed))
        assert np.isneginf(of_row[len(listed) :]).all()


def test_equal_candidates_come_by_position_also_across_blocks(attention_of, make_catalogue):
    # Eighths multiply and add up exactly, so equal vectors have equal scores in any order of sums.
    n_items = COLUMNS + 13
    eighths = np.random.default_rng(8).integers(-7, 8, (n_items, 4)) / 8
    vectors = eighths.astype(np.float32)
    last = n_items - 1
    vectors[[3, 4, COLUMNS, last]] = vectors[0]
    vectors[[5, COLUMNS + 1]] = vectors[1]
    catalogue = make_catalogue(np.roll(vectors, 1, axis=0), vectors)
    histories = [[2], [6, 7], [0, 10, 3]]
    likes = LikeMatrix.from_rows(histories, n_items)
    found = shortlist(attention_of(4), catalogue, likes, n_items)[1].tolist()
    for row, seen in zip(found, histories, strict=True):
        for twins in ([0, 3, 4, COLUMNS, last], [1, 5, COLUMNS + 1]):
            listed = [position for position in row if position in twins]
            assert listed == [twin for twin in twins if twin not in seen]


def test_a_user_has_the_same_list_alone_and_in_a_block(attention_of, tanh_vectors, make_catalogue):
    catalogue = make_catalogue(tanh_vectors(1, 12, 6), tanh_vectors(2, 12, 6))
    _, together, _ = shortlist(attention_of(6), catalogue, LikeMatrix.from_rows(HISTORIES, 12), 4)
    for history, row in zip(HISTORIES, together, strict=True):
        alone = shortlist(attention_of(6), catalogue, LikeMatrix.from_rows([history], 12), 4)[1]
        assert alone.tolist() == [row.tolist()]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 2**32 - 1),
    histories=st.lists(st.sets(st.integers(0, 69), min_size=1), min_size=1, max_size=6),
    n=st.integers(1, 80),
)
def test_a_shorter_shortlist_is_the_beginning_of_a_longer_one(
    attention_of, tanh_vectors, make_catalogue, seed, histories, n
):
    catalogue = make_catalogue(tanh_vectors(seed, 70, 6), tanh_vectors(seed + 1, 70, 6))
    likes = LikeMatrix.from_rows([sorted(history) for history in histories], 70)
    short, whole = (shortlist(attention_of(6), catalogue, likes, width)[1] for width in (n, 80))
    assert short.tolist() == whole[:, :n].tolist()
