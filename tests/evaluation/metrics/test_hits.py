"""Hits: found in blocks of users, as a plain loop finds them."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mars_model.errors import MarsBatchError
from mars_model.evaluation.metrics import hits as module
from mars_model.evaluation.metrics.hits import Hits
from mars_model.features.likes import LikeMatrix


def test_hits_stand_by_user_and_rank_and_are_counted_within_a_user():
    ranked = np.array([[4, 9, 7, 1], [0, 1, 2, 3], [7, 5, -1, -1]])
    hits = Hits.of(ranked, LikeMatrix.from_rows([[1, 4, 8], [], [5, 19]], n_items=20))
    assert hits.user_idx.tolist() == [0, 0, 2]
    assert hits.rank.tolist() == [1, 4, 2]
    assert hits.nth.tolist() == [1, 2, 1]
    np.testing.assert_array_equal(hits.n_relevant, [3, np.nan, 2])
    assert hits.count(3).tolist() == [1, 0, 1]


def test_the_end_of_a_short_list_is_never_a_hit_not_even_of_the_last_item():
    hits = Hits.of(np.array([[-1, -1]]), LikeMatrix.from_rows([[3]], n_items=4))
    assert hits.count(2).tolist() == [0]


def test_lists_of_other_users_are_an_error():
    relevant = LikeMatrix.from_rows([[0], [1]], n_items=2)
    with pytest.raises(MarsBatchError, match="found 1 ranked lists, expected 2"):
        Hits.of(np.array([[0, 1]]), relevant)


def test_nobody_has_no_hits():
    hits = Hits.of(np.zeros((0, 5), dtype=np.int64), LikeMatrix.from_rows([], n_items=3))
    assert (len(hits.rank), len(hits.n_relevant), len(hits.count(5))) == (0, 0, 0)


@given(
    lists=st.lists(st.permutations(range(7)), min_size=1, max_size=6),
    liked=st.lists(st.sets(st.integers(0, 6)), min_size=6, max_size=6),
    n_listed=st.integers(0, 7),
    block_bytes=st.sampled_from([1, 16, 1000]),
)
def test_hits_are_those_of_a_plain_loop_whatever_the_block(lists, liked, n_listed, block_bytes):
    liked = [sorted(row) for row in liked[: len(lists)]]
    ranked = [[*row[:n_listed], -1] for row in lists]
    expected = []
    for user, row in enumerate(ranked):
        ranks = [rank for rank, item in enumerate(row, 1) if item in liked[user]]
        expected += [(user, rank, nth) for nth, rank in enumerate(ranks, 1)]
    with patch.object(module, "_BLOCK_BYTES", block_bytes):
        hits = Hits.of(np.array(ranked), LikeMatrix.from_rows(liked, n_items=7))
    found = zip(hits.user_idx.tolist(), hits.rank.tolist(), hits.nth.tolist(), strict=True)
    assert list(found) == expected
