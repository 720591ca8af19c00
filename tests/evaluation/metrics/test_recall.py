"""Recall against fractions worked out by hand."""

import numpy as np
import pytest

from mars_model.evaluation.metrics.accuracy import recall
from mars_model.evaluation.metrics.hits import Hits
from mars_model.evaluation.metrics.means import mean_over_users
from mars_model.features.likes import LikeMatrix


def likes(*rows: tuple[int, ...]) -> LikeMatrix:
    return LikeMatrix.from_rows(rows, n_items=20)


def mean_recall(ranked: np.ndarray, relevant: LikeMatrix, k: int) -> float:
    return mean_over_users(recall(Hits.of(ranked, relevant), k))


@pytest.mark.parametrize(
    ("ranked", "relevant", "expected"),
    [
        ([4, 9, 7, 1], (4, 7), 2 / 2),
        ([4, 9, 7, 1], (4, 7, 15), 2 / 3),
        ([1, 2, 3, 5], (4,), 0 / 1),
        # More held-out likes than the cutoff: all of them stay in the denominator.
        ([0, 1, 2, 3], (0, 1, 2, 3, 4, 5, 6, 8), 4 / 8),
        ([7, -1, -1, -1], (7, 19), 1 / 2),
    ],
)
def test_recall_of_one_user(ranked, relevant, expected):
    assert mean_recall(np.array([ranked]), likes(relevant), k=4) == pytest.approx(expected)


def test_hits_below_the_cutoff_do_not_count():
    assert mean_recall(np.array([[4, 9, 7, 1]]), likes((4, 7)), k=2) == pytest.approx(1 / 2)


def test_users_without_held_out_likes_are_left_out_of_the_mean():
    ranked = np.array([[1, 2], [1, 2], [3, 1]])
    found = mean_recall(ranked, likes((1,), (), (1, 2)), k=2)
    assert found == pytest.approx((1 / 1 + 1 / 2) / 2)


def test_nobody_with_held_out_likes_gives_zero():
    assert mean_recall(np.array([[1, 2]]), likes(()), k=2) == 0.0


def test_each_user_has_a_value_and_those_without_held_out_likes_none():
    ranked = np.array([[1, 2, 3], [1, 2, 3], [3, 1, -1]])
    hits = Hits.of(ranked, likes((1, 3), (), (1, 2)))
    np.testing.assert_array_equal(recall(hits, 2), [1 / 2, np.nan, 1 / 2])
    np.testing.assert_array_equal(recall(hits, 3), [2 / 2, np.nan, 1 / 2])
