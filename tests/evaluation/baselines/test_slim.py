"""SLIM against SciPy's non-negative least squares, column by column."""

import numpy as np
import pytest

from mars_model.evaluation.baselines import slim
from mars_model.evaluation.baselines.interface import Known
from mars_model.evaluation.baselines.slim import Slim
from mars_model.features.likes import LikeMatrix

# Item 2 is shared by most, nobody likes item 5, user 6 likes nothing.
ROWS = [[0, 1, 2], [0, 1], [1, 2, 4], [3, 4], [0, 3, 4], [2], [], [2, 3], [0, 2, 4]]
LIKES = LikeMatrix.from_rows(ROWS, n_items=6)
X = np.array([[float(item in row) for item in range(6)] for row in ROWS])


def column_by_nnls(item: int, penalty: float, absolute_penalty: float) -> np.ndarray:
    """½ wᵀQw − cᵀw over w ≥ 0 as least squares: Q = LLᵀ, so ½‖Lᵀw − L⁻¹c‖² but for a constant."""
    nnls = pytest.importorskip("scipy.optimize").nnls
    others = [i for i in range(6) if i != item]
    lower = np.linalg.cholesky(X[:, others].T @ X[:, others] + penalty * np.eye(5))
    target = X[:, others].T @ X[:, item] - absolute_penalty
    weights = np.zeros(6)
    weights[others] = nnls(lower.T, np.linalg.solve(lower, target))[0]
    return weights


@pytest.mark.parametrize(
    ("penalty", "absolute_penalty"), [(0.5, 0.0), (0.5, 0.3), (20.0, 1.1), (1e4, 0.1)]
)
def test_each_column_is_the_best_without_a_negative_weight(
    penalty: float, absolute_penalty: float
) -> None:
    fitted = Slim(penalty, absolute_penalty).fit(Known(LIKES, (), seed=1))
    assert fitted.liked.tolist() == [0, 1, 2, 3, 4]
    expected = np.stack([column_by_nnls(item, penalty, absolute_penalty) for item in range(5)], 1)
    assert (expected == 0).sum() > 6 and expected.any()  # more zeros than diagonal and item 5
    scale = expected.max()
    np.testing.assert_allclose(fitted.weights, expected[:5], atol=3e-3 * scale)


def test_scores_are_the_sum_of_the_liked_items_rows() -> None:
    fitted = Slim(1.0, 0.1).fit(Known(LIKES, (), seed=1))
    whole = np.zeros((6, 6))
    whole[:5, :5] = fitted.weights
    np.testing.assert_allclose(fitted(np.arange(9)), X @ whole, atol=1e-6)


def test_an_item_that_shares_too_few_likes_has_no_weight() -> None:
    # No two items share more than two likes.
    fitted = Slim(1.0, 2.5).fit(Known(LIKES, (), seed=1))
    assert not fitted.weights.any()


def test_weights_are_the_same_on_any_number_of_threads() -> None:
    rng = np.random.default_rng(5)
    rows = [np.flatnonzero(rng.random(150) < 0.1).tolist() for _ in range(80)]
    likes = LikeMatrix.from_rows(rows, n_items=150)
    assert likes.n_items > 2 * slim._ITEMS_PER_BLOCK
    one, three = (Slim(2.0, 0.1).fit(Known(likes, (), 1, n)).weights for n in (1, 3))
    assert one.any() and (one == three).all()
