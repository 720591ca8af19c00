"""iALS: implicit matrix factorisation whose penalties grow with the number of likes.

Source: S. Rendle, W. Krichene, L. Zhang, Y. Koren, "Revisiting the Performance of iALS on Item
Recommendation Benchmarks" (2021): frequency-scaled regularisation.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.baselines.factors import Factors, by_item
from mars_model.evaluation.baselines.interface import Known
from mars_model.features.likes import LikeMatrix

_START_DEVIATION = 0.1  # of a start vector's length: each entry's over √n_factors
_BLOCK_ENTRIES = 1 << 21  # vectors of likes gathered at a time, 8 bytes an entry


@dataclass(frozen=True)
class Ials:
    """Minimises Σ_likes (1 − x)² + α₀ Σ_all x² + Σ_rows λ_row ‖w‖², x = w·h.

    `unliked_weight` is α₀ and `penalty` λ. A user's λ_row is λ (likes + α₀ · items)^ν, an item's
    λ (likes + α₀ · users)^ν, where ν is `penalty_exponent`.
    """

    n_factors: int = 128
    unliked_weight: float = 0.03
    penalty: float = 0.03
    penalty_exponent: float = 1.0
    n_sweeps: int = 16

    def fit(self, known: Known) -> Factors:
        """Solve for all users, then for all items, `n_sweeps` times; in float64.

        Who has no likes gets zeros. The threads are those of NumPy's own linear algebra.
        """
        likes, likers = known.likes, by_item(known.likes)
        deviation = _START_DEVIATION / np.sqrt(self.n_factors)
        rng = np.random.default_rng(known.seed)
        items = rng.normal(0.0, deviation, (likes.n_items, self.n_factors))
        for _ in range(self.n_sweeps):
            users = self.solve(items, likes)
            items = self.solve(users, likers)
        return Factors(users.astype(np.float32), items.astype(np.float32))

    def solve(self, other: NDArray[np.float64], liked: LikeMatrix) -> NDArray[np.float64]:
        """The best rows [R, F] of one side, given the other side [M, F].

        Of row w, whose n likes have the vectors V [n, F]: (VᵀV + α₀ HᵀH + λ_row I) w = Vᵀ1. In the
        basis of the eigenvectors of HᵀH all but VᵀV is a diagonal D, so that where n < F
        w = D⁻¹Vᵀ (I + V D⁻¹ Vᵀ)⁻¹ 1 takes a system of n equations only. Rows with equally many
        likes share D, and are solved together.
        """
        eigenvalues, basis = np.linalg.eigh(other.T @ other)
        rotated = other @ basis
        rows = np.zeros((liked.n_users, other.shape[1]))
        for row_idx in _equally_long(liked, other.shape[1]):
            vectors = rotated[liked.take(row_idx).item_idx.reshape(len(row_idx), -1)]
            n_likes = vectors.shape[1]
            weight = (n_likes + self.unliked_weight * liked.n_items) ** self.penalty_exponent
            diagonal = self.unliked_weight * eigenvalues + self.penalty * weight
            rows[row_idx] = _solve_stack(vectors, diagonal)
        return np.asarray(rows @ basis.T)


def _equally_long(liked: LikeMatrix, n_factors: int) -> Iterator[NDArray[np.int64]]:
    """Blocks of rows that have the same number of likes; rows without are in none."""
    n_likes = np.diff(liked.starts)
    for n in np.unique(n_likes[n_likes > 0]).tolist():
        same = np.flatnonzero(n_likes == n)
        n_rows = max(1, _BLOCK_ENTRIES // (max(n, n_factors) * min(n, n_factors)))
        for start in range(0, len(same), n_rows):
            yield same[start : start + n_rows]


def _solve_stack(
    vectors: NDArray[np.float64], diagonal: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(VᵀV + D) w = Vᵀ1 for each V of `vectors` [B, n, F], `diagonal` [F]: [B, F]."""
    _, n_likes, n_factors = vectors.shape
    turned = vectors.transpose(0, 2, 1)
    if n_likes >= n_factors:
        left = turned @ vectors + np.diag(diagonal)
        return np.linalg.solve(left, vectors.sum(axis=1)[..., None])[..., 0]
    scaled = vectors / diagonal
    left = scaled @ turned + np.eye(n_likes)
    shares = np.linalg.solve(left, np.ones((len(vectors), n_likes, 1)))
    return np.asarray((scaled * shares).sum(axis=1))
