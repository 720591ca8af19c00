"""NDCG against fractions of logarithms worked out by hand."""

from math import log2

import numpy as np
import pytest

from mars_model.evaluation.metrics.accuracy import ndcg
from mars_model.evaluation.metrics.hits import Hits
from mars_model.features.likes import LikeMatrix

IDEAL_OF_TWO = 1 / log2(2) + 1 / log2(3)
IDEAL_OF_FOUR = IDEAL_OF_TWO + 1 / log2(4) + 1 / log2(5)


@pytest.mark.parametrize(
    ("ranked", "relevant", "k", "expected"),
    [
        # Hits at ranks 1 and 3 of two that could be at 1 and 2.
        ([4, 9, 7, 1], (4, 7), 4, (1 / log2(2) + 1 / log2(4)) / IDEAL_OF_TWO),
        ([7, 4, 9, 1], (4, 7), 4, 1.0),
        ([1, 2, 3, 5], (4,), 4, 0.0),
        ([1, 2, 3, 4], (4,), 4, (1 / log2(5)) / (1 / log2(2))),
        # Below the cutoff nothing counts, and no more than two could be above it.
        ([4, 9, 7, 1], (1, 4, 7, 8), 2, (1 / log2(2)) / IDEAL_OF_TWO),
        # Never ranked, but the ideal list has it; the end of a short list is no hit.
        ([4, -1, -1, -1], (4, 7, 15, 16), 4, (1 / log2(2)) / IDEAL_OF_FOUR),
        # A cutoff beyond the list: the ideal list is as long as there are held-out likes.
        ([9, 4], (4, 7), 500, (1 / log2(3)) / IDEAL_OF_TWO),
    ],
)
def test_ndcg_of_one_user(ranked, relevant, k, expected):
    hits = Hits.of(np.array([ranked]), LikeMatrix.from_rows([relevant], n_items=20))
    assert ndcg(hits, k) == pytest.approx([expected])


def test_users_without_held_out_likes_are_left_out():
    hits = Hits.of(np.array([[1, 2], [1, 2]]), LikeMatrix.from_rows([[], [1]], n_items=3))
    np.testing.assert_array_equal(ndcg(hits, 2), [np.nan, 1.0])
