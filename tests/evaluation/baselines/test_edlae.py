"""EDLAE: its weights make the gradient of the expected loss vanish, and dropout 0 is EASE."""

import numpy as np
import pytest

from mars_model.evaluation.baselines.edlae import Edlae
from mars_model.evaluation.baselines.interface import Known
from mars_model.features.likes import LikeMatrix

ROWS = [[0, 1, 2], [0, 1], [1, 2, 4], [3, 4], [0, 3, 4], [2], []]
LIKES = LikeMatrix.from_rows(ROWS, n_items=5)
X = np.array([[float(item in row) for item in range(5)] for row in ROWS])


def expected_loss(weights: np.ndarray, dropout: float, penalty: float) -> float:
    """The mean over all ways to hide likes: each is hidden or not, the others made 1/(1 − p)."""
    total = penalty * float((weights**2).sum())
    for user, row in enumerate(ROWS):
        for hidden in range(2 ** len(row)):
            seen = X[user].copy()
            chance = 1.0
            for place, item in enumerate(row):
                is_hidden = bool(hidden >> place & 1)
                chance *= dropout if is_hidden else 1 - dropout
                seen[item] = 0.0 if is_hidden else 1 / (1 - dropout)
            total += chance * float(((X[user] - seen @ weights) ** 2).sum())
    return total


@pytest.mark.parametrize(("dropout", "penalty"), [(0.25, 0.5), (0.8, 3.0)])
def test_no_small_step_off_the_diagonal_lowers_the_loss_over_all_ways_to_hide_likes(
    dropout: float, penalty: float
) -> None:
    fitted = Edlae(dropout, penalty).fit(Known(LIKES, (), seed=1))
    weights = fitted.weights.astype(np.float64)
    assert (np.diag(weights) == 0).all() and (weights != 0).any()
    for i in range(5):
        for j in range(5):
            if i != j:
                step = np.zeros((5, 5))
                step[i, j] = 1e-3
                above = expected_loss(weights + step, dropout, penalty)
                below = expected_loss(weights - step, dropout, penalty)
                # The loss is quadratic, so this is its derivative but for rounding.
                assert (above - below) / 2e-3 == pytest.approx(0, abs=1e-5)


def test_scores_are_the_sum_of_the_liked_items_rows() -> None:
    fitted = Edlae(0.5, 1.0).fit(Known(LIKES, (), seed=1))
    np.testing.assert_allclose(fitted(np.arange(7)), X @ fitted.weights, atol=1e-6)


def test_without_dropout_each_column_is_a_ridge_regression_on_the_other_items() -> None:
    fitted = Edlae(0.0, 2.0).fit(Known(LIKES, (), seed=1))
    for item in range(5):
        others = [i for i in range(5) if i != item]
        stacked = np.vstack([X[:, others], np.sqrt(2.0) * np.eye(4)])
        target = np.concatenate([X[:, item], np.zeros(4)])
        expected = np.linalg.lstsq(stacked, target, rcond=None)[0]
        np.testing.assert_allclose(fitted.weights[others, item], expected, atol=1e-6)
