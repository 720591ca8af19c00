"""Recall at a cutoff."""

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.metrics.hits import Hits
from mars_model.evaluation.metrics.over_users import mean_over_users
from mars_model.features.likes import LikeMatrix


def recall(hits: Hits, k: int) -> NDArray[np.float64]:
    """recall@k of each user: [U].

    Hits among the first k, divided by all held-out likes of the user, also where they are more
    than k (Eq. 13). Users without a held-out like are left out (NaN). Ties: in the order given.
    """
    return hits.count(k) / hits.n_relevant


def mean_recall(ranked: NDArray[np.int64], relevant: LikeMatrix, k: int) -> float:
    """Mean recall@k of ranked item positions [U, ≥k or fewer]; 0 where nobody counts."""
    return mean_over_users(recall(Hits.of(ranked, relevant), k))
