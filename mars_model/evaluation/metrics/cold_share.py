"""Share of cold items in the lists."""

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.metrics.list_means import mean_over_lists
from mars_model.features.likes import LikeMatrix


def cold_share(ranked: NDArray[np.int64], training: LikeMatrix, k: int) -> NDArray[np.float64]:
    """Items that nobody likes in training, as a share of the first k of each user's list: [U].

    Divided by the list's length, at most k; users with an empty list are left out (NaN).
    """
    n_likes = np.bincount(training.item_idx, minlength=training.n_items)
    return mean_over_lists((n_likes == 0).astype(np.float64), ranked, k)
