"""EASE^R: a linear model from liked items to items, in closed form.

Source: H. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data" (2019), Eq. 8.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.baselines.interface import Known
from mars_model.features.likes import LikeMatrix

_USERS_PER_BLOCK = 1024


@dataclass(frozen=True)
class Ease:
    """Least squares X ≈ X B with penalty λ‖B‖² and diag(B) = 0."""

    penalty: float = 500.0

    def fit(self, known: Known) -> "FittedEase":
        """Invert XᵀX + λI of the L liked items in float64: 8 bytes an entry, about three times.

        An item that nobody likes has a row and a column of zeros in XᵀX, and so in B.
        """
        likes, liked = among_liked(known.likes)
        gram = gram_matrix(likes)
        gram[np.diag_indices_from(gram)] += self.penalty
        inverse = np.linalg.inv(gram)
        weights = inverse / -np.diag(inverse)
        np.fill_diagonal(weights, 0.0)
        return FittedEase(likes, liked, known.likes.n_items, weights.astype(np.float32))


@dataclass(frozen=True)
class FittedEase:
    """Weights B [L, L]: column j predicts item j from the liked items.

    `likes` are by position among the L items that anybody likes, which `liked` [L] names.
    """

    likes: LikeMatrix
    liked: NDArray[np.int32]
    n_items: int
    weights: NDArray[np.float32]

    def __call__(self, users: NDArray[np.int64]) -> NDArray[np.float32]:
        """[B, n_items]: the sum of the liked items' rows of B."""
        scores = np.zeros((len(users), self.n_items), dtype=np.float32)
        sums = [self.weights[self.likes.row(user)].sum(axis=0) for user in users]
        scores[:, self.liked] = np.stack(sums)
        return scores


def among_liked(likes: LikeMatrix) -> tuple[LikeMatrix, NDArray[np.int32]]:
    """Likes by position among the L items that anybody likes, and the positions [L] of these."""
    liked = np.unique(likes.item_idx)
    place = np.searchsorted(liked, likes.item_idx).astype(np.int32)
    return LikeMatrix(likes.starts, place, len(liked)), liked


def gram_matrix(likes: LikeMatrix) -> NDArray[np.float64]:
    """XᵀX [n_items, n_items]: how many users like both items; one block of users is dense."""
    gram = np.zeros((likes.n_items, likes.n_items))
    for start in range(0, likes.n_users, _USERS_PER_BLOCK):
        bounds = likes.starts[start : start + _USERS_PER_BLOCK + 1]
        block = np.zeros((len(bounds) - 1, likes.n_items), dtype=np.float32)
        rows = np.repeat(np.arange(len(block)), np.diff(bounds))
        block[rows, likes.item_idx[bounds[0] : bounds[-1]]] = 1.0
        gram += block.T @ block  # whole numbers below 2²⁴: exact in float32
    return gram
