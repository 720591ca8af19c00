"""EASE against a least squares solve per item that never sees the item itself."""

import numpy as np
import pytest

from mars_model.evaluation.baselines import ease
from mars_model.evaluation.baselines.ease import Ease, gram_matrix
from mars_model.evaluation.baselines.interface import Known
from mars_model.features.likes import LikeMatrix

ROWS = [[0, 1, 2], [0, 1], [1, 2, 4], [3, 4], [0, 3, 4], [2], []]


def dense(likes: LikeMatrix) -> np.ndarray:
    matrix = np.zeros((likes.n_users, likes.n_items))
    for user in range(likes.n_users):
        for item in likes.row(user):
            matrix[user, item] = 1
    return matrix


@pytest.mark.parametrize("penalty", [0.5, 20.0])
def test_weights_solve_each_column_without_the_item_itself(penalty):
    likes = LikeMatrix.from_rows(ROWS, n_items=5)
    X = dense(likes)
    expected = np.zeros((5, 5))
    for item in range(5):
        others = [i for i in range(5) if i != item]
        # Ridge regression as least squares: √λ rows below the data, zeros below the target.
        stacked = np.vstack([X[:, others], np.sqrt(penalty) * np.eye(4)])
        target = np.concatenate([X[:, item], np.zeros(4)])
        expected[others, item] = np.linalg.lstsq(stacked, target, rcond=None)[0]
    fitted = Ease(penalty).fit(Known(likes, (), seed=1))
    np.testing.assert_allclose(fitted.weights, expected, atol=1e-6)
    np.testing.assert_allclose(fitted(np.arange(7)), X @ expected, atol=1e-6)


def test_pairs_are_counted_over_blocks_of_users(monkeypatch):
    monkeypatch.setattr(ease, "_USERS_PER_BLOCK", 3)
    likes = LikeMatrix.from_rows(ROWS, n_items=5)
    assert (gram_matrix(likes) == dense(likes).T @ dense(likes)).all()
