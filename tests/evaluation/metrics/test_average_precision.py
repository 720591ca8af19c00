"""Mean average precision against fractions worked out by hand."""

import numpy as np
import pytest

from mars_model.evaluation.metrics.accuracy import (
    average_precision,
    mean_average_precision,
)
from mars_model.evaluation.metrics.hits import Hits
from mars_model.features.likes import LikeMatrix


def likes(*rows: tuple[int, ...]) -> LikeMatrix:
    return LikeMatrix.from_rows(rows, n_items=20)


@pytest.mark.parametrize(
    ("ranked", "relevant", "expected"),
    [
        # Hits at ranks 1 and 3: precision 1/1 and 2/3.
        ([4, 9, 7, 1], (4, 7), (1 + 2 / 3) / 2),
        # Every relevant item first, in whatever order.
        ([7, 4, 9, 1], (4, 7), (1 + 2 / 2) / 2),
        # A single hit at the last of four ranks.
        ([1, 2, 3, 4], (4,), 1 / 4),
        ([1, 2, 3, 5], (4,), 0.0),
        # One of three relevant items is never ranked: it still counts in the denominator.
        ([4, 9, 7, 1], (4, 7, 15), (1 + 2 / 3) / 3),
    ],
)
def test_average_precision_of_one_user(ranked, relevant, expected):
    found = mean_average_precision(np.array([ranked]), likes(relevant), k=4)
    assert found == pytest.approx(expected)


def test_hits_below_the_cutoff_do_not_count():
    ranked = np.array([[4, 9, 7, 1]])
    assert mean_average_precision(ranked, likes((4, 7)), k=2) == pytest.approx((1 / 1) / 2)


def test_the_denominator_is_never_more_than_the_cutoff():
    ranked = np.array([[4, 9, 7, 1]])
    relevant = likes((1, 4, 7, 10, 11))
    assert mean_average_precision(ranked, relevant, k=2) == pytest.approx((1 / 1) / 2)
    assert mean_average_precision(ranked, relevant, k=3) == pytest.approx((1 + 2 / 3) / 3)


def test_a_perfect_head_of_a_long_list_of_likes_is_one():
    assert mean_average_precision(np.array([[1, 2]]), likes((1, 2, 3, 4)), k=2) == 1.0


def test_users_without_held_out_likes_are_left_out_of_the_mean():
    ranked = np.array([[1, 2], [1, 2], [2, 1]])
    found = mean_average_precision(ranked, likes((1,), (), (1,)), k=2)
    assert found == pytest.approx((1 + 1 / 2) / 2)


def test_nobody_with_held_out_likes_gives_zero():
    assert mean_average_precision(np.array([[1, 2]]), likes(()), k=2) == 0.0


def test_the_end_of_a_short_list_is_no_hit():
    ranked = np.array([[3, -1, -1], [-1, -1, -1]])
    found = mean_average_precision(ranked, likes((0, 3), (0, 19)), k=3)
    assert found == pytest.approx(((1 / 1) / 2 + 0) / 2)


def test_lists_may_be_shorter_than_the_cutoff():
    assert mean_average_precision(np.array([[5, 3]]), likes((3,)), k=500) == pytest.approx(1 / 2)


def test_each_user_has_a_value_and_those_without_held_out_likes_none():
    hits = Hits.of(np.array([[1, 2, 3], [1, 2, 3]]), likes((1, 3), ()))
    np.testing.assert_allclose(average_precision(hits, 3), [(1 + 2 / 3) / 2, np.nan])
    np.testing.assert_allclose(average_precision(hits, 2), [(1 + 0) / 2, np.nan])
