"""The most liked items, the same for everybody."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.baselines.interface import Known


@dataclass(frozen=True)
class Popularity:
    """Scores an item by the users who like it."""

    def fit(self, known: Known) -> "FittedPopularity":
        """Count the training likes of each item."""
        likes = known.likes
        counts = np.bincount(likes.item_idx, minlength=likes.n_items)
        return FittedPopularity(counts.astype(np.float32))


@dataclass(frozen=True)
class FittedPopularity:
    """Number of likes by item position [n_items]; float32 counts exactly up to 2²⁴."""

    n_likes: NDArray[np.float32]

    def __call__(self, users: NDArray[np.int64]) -> NDArray[np.float32]:
        """[B, n_items], every row the same."""
        return np.broadcast_to(self.n_likes, (len(users), len(self.n_likes)))
