"""Average precision at a cutoff; its mean over users is MAP."""

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.metrics.hits import Hits
from mars_model.evaluation.metrics.over_users import mean_over_users
from mars_model.features.likes import LikeMatrix

CUTOFF = 500  # the paper's


def average_precision(hits: Hits, k: int) -> NDArray[np.float64]:
    """AveP@k of each user: [U].

    (1 / min(|relevant|, k)) Σ_r precision(r) · is_relevant(r), r = 1…k (Eq. 14 as docs/model.md
    reads it). Users without a held-out like are left out (NaN). Ties: in the order given.
    """
    return hits.sum_up(hits.nth / hits.rank, k) / np.minimum(hits.n_relevant, k)


def mean_average_precision(ranked: NDArray[np.int64], relevant: LikeMatrix, k: int) -> float:
    """MAP@k of ranked item positions [U, ≥k or fewer]; 0 where nobody counts."""
    return mean_over_users(average_precision(Hits.of(ranked, relevant), k))
