"""How well lists hit: recall, average precision, NDCG, hit rate, reciprocal rank, at a cutoff."""

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.metrics.hits import Hits
from mars_model.evaluation.metrics.means import mean_over_users
from mars_model.features.likes import LikeMatrix

CUTOFF = 500  # the paper's


def recall(hits: Hits, k: int) -> NDArray[np.float64]:
    """recall@k of each user: [U].

    Hits among the first k, divided by all held-out likes of the user, also where they are more
    than k (Eq. 13). Users without a held-out like are left out (NaN). Ties: in the order given.
    """
    return hits.count(k) / hits.n_relevant


def average_precision(hits: Hits, k: int) -> NDArray[np.float64]:
    """AveP@k of each user: [U].

    (1 / min(|relevant|, k)) Σ_r precision(r) · is_relevant(r), r = 1…k (Eq. 14 as docs/model.md
    reads it). Users without a held-out like are left out (NaN). Ties: in the order given.
    """
    return hits.sum_up(hits.nth / hits.rank, k) / np.minimum(hits.n_relevant, k)


def mean_average_precision(ranked: NDArray[np.int64], relevant: LikeMatrix, k: int) -> float:
    """MAP@k of ranked item positions [U, ≥k or fewer]; 0 where nobody counts."""
    return mean_over_users(average_precision(Hits.of(ranked, relevant), k))


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


def hit_rate(hits: Hits, k: int) -> NDArray[np.float64]:
    """1 for a user with a held-out like among the first k, else 0: [U].

    Its mean divides by users with a held-out like; those without are left out (NaN). Ties: in
    the order given. With one held-out like each, as after leave-last-out, it equals recall.
    """
    return np.where(np.isnan(hits.n_relevant), np.nan, hits.count(k) > 0)


def reciprocal_rank(hits: Hits, k: int) -> NDArray[np.float64]:
    """1 / rank of each user's first hit, 0 where there is none among the first k: [U].

    Nothing else divides it. Users without a held-out like are left out (NaN). Ties: in the order
    given.
    """
    first = np.where(hits.nth == 1, 1 / hits.rank, 0.0)
    return np.where(np.isnan(hits.n_relevant), np.nan, hits.sum_up(first, k))
