"""Reciprocal rank at a cutoff; its mean over users is MRR."""

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.metrics.hits import Hits


def reciprocal_rank(hits: Hits, k: int) -> NDArray[np.float64]:
    """1 / rank of each user's first hit, 0 where there is none among the first k: [U].

    Nothing else divides it. Users without a held-out like are left out (NaN). Ties: in the order
    given.
    """
    first = np.where(hits.nth == 1, 1 / hits.rank, 0.0)
    return np.where(np.isnan(hits.n_relevant), np.nan, hits.sum_up(first, k))
