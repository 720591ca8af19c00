"""Mean recall at a cutoff."""

import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix


def mean_recall(ranked: NDArray[np.int64], relevant: LikeMatrix, k: int) -> float:
    """recall@k of ranked item positions [U, ≥k or fewer] against held-out likes.

    Hits among the first k, divided by all held-out likes of the user, also where they are more
    than k (Eq. 13). Users without a held-out like are left out; with none at all the result is
    0. −1 marks the end of a short list. Ties: in the order given.
    """
    total, n_users = 0.0, 0
    for user_idx in range(relevant.n_users):
        liked = relevant.row(user_idx)
        if not len(liked):
            continue
        total += np.isin(ranked[user_idx, :k], liked).sum() / len(liked)
        n_users += 1
    return float(total) / n_users if n_users else 0.0
