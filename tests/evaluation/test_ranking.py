"""Ranking of unseen items: exact ties, masks, short lists, blocks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mars_model.errors import MarsBatchError
from mars_model.evaluation.ranking import rank_unseen
from mars_model.features.likes import LikeMatrix


def ranked(scores: list[list[float]], seen: list[list[int]], k: int, block: int = 256) -> list:
    matrix = np.array(scores, dtype=np.float32)
    likes = LikeMatrix.from_rows(seen, n_items=matrix.shape[1])
    return rank_unseen(lambda users: matrix[users], likes, k, block).tolist()


def test_equal_scores_go_by_position_also_at_the_cut():
    assert ranked([[1, 3, 2, 3, 2, 2]], [[]], k=4) == [[1, 3, 2, 4]]


def test_training_likes_are_never_ranked_and_short_lists_end_in_minus_one():
    assert ranked([[5, 4, 3]], [[0, 2]], k=3) == [[1, -1, -1]]
    assert ranked([[5, 4, 3]], [[0, 1, 2]], k=2) == [[-1, -1]]


def test_an_item_scored_minus_infinity_is_not_ranked():
    assert ranked([[-np.inf, -7, -np.inf]], [[]], k=2) == [[1, -1]]


def test_a_cutoff_beyond_the_items_ranks_them_all():
    assert ranked([[0, 2, 1]], [[1]], k=5) == [[2, 0, -1, -1, -1]]


def test_scores_that_float32_holds_apart_do_not_tie():
    just_more = np.nextafter(np.float32(1), np.float32(2))
    assert ranked([[1, just_more, 1]], [[]], k=3) == [[1, 0, 2]]


def test_the_scores_handed_in_are_left_as_they_were():
    matrix = np.ones((1, 3), dtype=np.float32)
    rank_unseen(lambda users: matrix, LikeMatrix.from_rows([[0]], 3), 2)
    assert matrix.tolist() == [[1, 1, 1]]


def test_a_score_that_is_no_number_is_an_error():
    with pytest.raises(MarsBatchError, match="NaN"):
        ranked([[1, np.nan]], [[]], k=1)


@given(
    scores=st.lists(st.lists(st.integers(-2, 2), min_size=7, max_size=7), min_size=1, max_size=6),
    seen=st.lists(st.sets(st.integers(0, 6)), min_size=6, max_size=6),
    k=st.integers(1, 9),
    block=st.integers(1, 4),
)
def test_ranking_equals_sorting_pairs_in_plain_python(scores, seen, k, block):
    seen = [sorted(row) for row in seen[: len(scores)]]
    expected = []
    for row, hidden in zip(scores, seen, strict=True):
        pairs = sorted((-score, item) for item, score in enumerate(row) if item not in hidden)
        items = [item for _, item in pairs][:k]
        expected.append(items + [-1] * (k - len(items)))
    assert ranked(scores, seen, k, block) == expected
