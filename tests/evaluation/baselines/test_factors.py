"""Factors: the transposed likes, and the weighted solve against ordinary least squares."""

import numpy as np
import pytest

from mars_model.evaluation.baselines.factors import Factors, by_item, weighted_factors
from mars_model.features.likes import LikeMatrix

ROWS = [[0, 2], [2], [], [0, 1, 2]]


def test_items_know_who_likes_them() -> None:
    likers = by_item(LikeMatrix.from_rows(ROWS, n_items=4))
    assert [likers.row(item).tolist() for item in range(4)] == [[0, 3], [3], [0, 1, 3], []]
    assert likers.n_items == 4  # here: users


@pytest.mark.parametrize("has_prior", [False, True])
def test_each_row_is_the_least_squares_solution_over_all_columns(has_prior: bool) -> None:
    rng = np.random.default_rng(1)
    likes = LikeMatrix.from_rows(ROWS, n_items=5)
    other, prior = rng.normal(size=(5, 3)), rng.normal(size=(4, 3))
    found = weighted_factors(other, likes, 0.2, 0.7, prior if has_prior else None)
    for user in range(4):
        liked = np.isin(np.arange(5), likes.row(user))
        root = np.sqrt(np.where(liked, 1.0, 0.2))[:, None]
        # The penalty as three more rows: √0.7 x = √0.7 prior.
        left = np.vstack([root * other, np.sqrt(0.7) * np.eye(3)])
        target = prior[user] if has_prior else np.zeros(3)
        right = np.concatenate([root[:, 0] * liked, np.sqrt(0.7) * target])
        expected = np.linalg.lstsq(left, right, rcond=None)[0]
        np.testing.assert_allclose(found[user], expected, atol=1e-12)


def test_scores_are_dot_products() -> None:
    users = np.array([[1, 2], [3, 0]], dtype=np.float32)
    items = np.array([[1, 1], [0, 1], [2, 0]], dtype=np.float32)
    scores = Factors(users, items)(np.array([1, 0, 1]))
    assert scores.tolist() == [[3, 0, 6], [3, 2, 2], [3, 0, 6]] and scores.dtype == np.float32
