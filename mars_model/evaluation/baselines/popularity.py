"""The most liked items, the same for everybody."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.baselines.interface import Known
from mars_model.evaluation.ranking import Scores


@dataclass(frozen=True)
class Popularity:
    """Scores an item by the users who like it."""

    def fit(self, known: Known) -> Scores:
        """Count the training likes of each item; float32 counts exactly up to 2²⁴."""
        counts = np.bincount(known.likes.item_idx, minlength=known.likes.n_items)
        n_likes = counts.astype(np.float32)

        def scores(users: NDArray[np.int64]) -> NDArray[np.float32]:
            """[B, n_items], every row the same."""
            return np.broadcast_to(n_likes, (len(users), len(n_likes)))

        return scores
