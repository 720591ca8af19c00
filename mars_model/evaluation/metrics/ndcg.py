"""Normalised discounted cumulative gain at a cutoff."""

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.metrics.hits import Hits


def ndcg(hits: Hits, k: int) -> NDArray[np.float64]:
    """NDCG@k of each user, gain 1 for a held-out like and 0 for all else: [U].

    Σ 1/log2(rank + 1) over the hits among the first k, divided by the sum of the best list there
    is, that over ranks 1…min(|relevant|, k). Users without a held-out like are left out (NaN).
    Ties: in the order given.
    Source: K. Järvelin, J. Kekäläinen, "Cumulated gain-based evaluation of IR techniques" (2002),
    with the discount log2(rank + 1) that has become usual.
    """
    best = np.concatenate([[np.nan], np.cumsum(1 / np.log2(np.arange(2, k + 2)))])
    n_best = np.nan_to_num(np.minimum(hits.n_relevant, k)).astype(np.int64)
    gained = hits.sum_up(1 / np.log2(hits.rank + 1), k)
    return np.asarray(gained / best[n_best], dtype=np.float64)
