"""Vectors of users and items whose dot product is the score: what matrix factorisations fit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix


@dataclass(frozen=True)
class Factors:
    """Factors of users [U, F] and items [n_items, F], float32."""

    users: NDArray[np.float32]
    items: NDArray[np.float32]

    def __call__(self, users: NDArray[np.int64]) -> NDArray[np.float32]:
        """[B, n_items]: dot products."""
        return np.asarray(self.users[users] @ self.items.T, dtype=np.float32)


def by_item(likes: LikeMatrix) -> LikeMatrix:
    """The items × users matrix: whom each item is liked by, ascending."""
    users = likes.user_idx.astype(np.int32)
    order = np.argsort(likes.item_idx, kind="stable")
    starts = np.zeros(likes.n_items + 1, dtype=np.int64)
    np.cumsum(np.bincount(likes.item_idx, minlength=likes.n_items), out=starts[1:])
    return LikeMatrix(starts, users[order], likes.n_users)


def weighted_factors(
    other: NDArray[np.float64],
    liked: LikeMatrix,
    unliked_weight: float,
    penalty: float,
    prior: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """The rows [R, F] that fit the 0/1 matrix `liked` [R, M] best, given the other side [M, F].

    Minimises Σ c (r − x·y)² + penalty ‖x − prior‖², with weight c = 1 on a like and
    `unliked_weight` elsewhere; without `prior` it is 0. One solve for all rows without likes.
    Source: Hu, Koren, Volinsky (2008), Eq. 4; with a prior: Wang, Blei (2011), Eq. 6.
    """
    n_factors = other.shape[1]
    shared = unliked_weight * (other.T @ other) + penalty * np.eye(n_factors)
    right = np.zeros((liked.n_users, n_factors)) if prior is None else penalty * prior
    factors: NDArray[np.float64] = np.linalg.solve(shared, right.T).T.astype(np.float64)
    for row in np.flatnonzero(np.diff(liked.starts)).tolist():
        vectors = other[liked.row(row)]
        left = shared + (1 - unliked_weight) * (vectors.T @ vectors)
        factors[row] = np.linalg.solve(left, right[row] + vectors.sum(axis=0))
    return factors
