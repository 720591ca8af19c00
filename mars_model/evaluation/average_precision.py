"""Mean average precision at a cutoff."""

import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix

CUTOFF = 500  # the paper's


def mean_average_precision(ranked: NDArray[np.int64], relevant: LikeMatrix, k: int) -> float:
    """MAP@k of ranked item positions [U, ≥k or fewer] against held-out likes.

    AveP = (1 / min(|relevant|, k)) Σ_r precision(r) · is_relevant(r), r = 1…k (Eq. 14 as
    docs/model.md reads it). Users without a held-out like are left out; with none at all the
    result is 0. −1 marks the end of a short list. Ties: in the order given.
    """
    total, n_users = 0.0, 0
    for user_idx in range(relevant.n_users):
        liked = relevant.row(user_idx)
        if not len(liked):
            continue
        hits = np.isin(ranked[user_idx, :k], liked)
        precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
        total += float(precision[hits].sum()) / min(len(liked), k)
        n_users += 1
    return total / n_users if n_users else 0.0
