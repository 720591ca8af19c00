"""Hit rate at a cutoff."""

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.metrics.hits import Hits


def hit_rate(hits: Hits, k: int) -> NDArray[np.float64]:
    """1 for a user with a held-out like among the first k, else 0: [U].

    Its mean divides by users with a held-out like; those without are left out (NaN). Ties: in
    the order given. With one held-out like each, as after leave-last-out, it equals recall.
    """
    return np.where(np.isnan(hits.n_relevant), np.nan, hits.count(k) > 0)
