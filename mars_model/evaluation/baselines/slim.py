"""SLIM: a sparse linear model from liked items to items, no weight of which is negative.

Source: X. Ning, G. Karypis, "SLIM: Sparse Linear Methods for Top-N Recommender Systems" (2011),
Eq. 3 and 4.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.baselines.ease import FittedEase, among_liked, gram_matrix
from mars_model.evaluation.baselines.interface import Known
from mars_model.scoring.compiled import compiled_reordered

_ITEMS_PER_BLOCK = 64
_MAX_SWEEPS = 200
_TOLERANCE = 1e-3  # of an item's largest weight: a sweep that moves none by more is the last


@dataclass(frozen=True)
class Slim:
    """Minimises ½‖X − X B‖² + ½ β ‖B‖² + λ Σ|B|, where B ≥ 0 and diag(B) = 0.

    `penalty` is β, `absolute_penalty` is λ.
    """

    penalty: float = 200.0
    absolute_penalty: float = 0.2

    def fit(self, known: Known) -> FittedEase:
        """Coordinate descent, item by item, on XᵀX of the L liked items: 12 bytes an entry.

        Items share no unknown, so the number of threads shapes no weight.
        """
        likes, liked = among_liked(known.likes)
        weights = np.zeros((len(liked), len(liked)), dtype=np.float32)
        solve = partial(
            _solve_items, gram_matrix(likes), self.penalty, self.absolute_penalty, weights
        )
        with ThreadPoolExecutor(known.n_threads) as threads:
            list(threads.map(solve, range(0, len(liked), _ITEMS_PER_BLOCK)))
        return FittedEase(likes, liked, known.likes.n_items, weights)


@compiled_reordered
def _descend(
    gram: NDArray[np.float64],
    penalty: float,
    others: NDArray[np.int64],
    rest: NDArray[np.float64],
    found: NDArray[np.float64],
) -> None:
    """Bring the weights `found` [n] of the items `others` [n] to their best, in place.

    `rest` [n] is what the likes that an item shares exceed λ by, less what all weights explain.
    """
    for _ in range(_MAX_SWEEPS):
        largest_step, largest = 0.0, 0.0
        for place in range(len(others)):
            row = gram[others[place]]
            own = row[others[place]]
            value = max(0.0, (rest[place] + own * found[place]) / (own + penalty))
            step = value - found[place]
            if step != 0.0:
                found[place] = value
                for other in range(len(others)):
                    rest[other] -= step * row[others[other]]
            largest_step = max(largest_step, abs(step))
            largest = max(largest, value)
        if largest_step <= _TOLERANCE * largest:
            break


@compiled_reordered
def _solve_items(
    gram: NDArray[np.float64],
    penalty: float,
    absolute_penalty: float,
    weights: NDArray[np.float32],
    start: int,
) -> None:
    """Write the columns of B of a block of items, from `start`, into `weights` [L, L]."""
    n_items = len(gram)
    others = np.empty(n_items, dtype=np.int64)
    rest, found = np.empty(n_items), np.empty(n_items)
    for item in range(start, min(start + _ITEMS_PER_BLOCK, n_items)):
        n = 0
        for other in range(n_items):
            # Weights only take away from the rest, so an item that starts below 0 stays at 0.
            if other != item and gram[item, other] > absolute_penalty:
                others[n] = other
                rest[n] = gram[item, other] - absolute_penalty
                found[n] = 0.0
                n += 1
        _descend(gram, penalty, others[:n], rest[:n], found[:n])
        for place in range(n):
            weights[others[place], item] = found[place]
