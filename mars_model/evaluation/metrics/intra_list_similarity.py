"""Intra-list similarity: how alike the items of a list are."""

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.metrics.item_vectors import ItemVectors

_BLOCK_CELLS = 1 << 18  # users × columns of the sums of one block


def intra_list_similarity(
    ranked: NDArray[np.int64], vectors: ItemVectors, k: int
) -> NDArray[np.float64]:
    """Mean cosine over all pairs of items among the first k of each user's list: [U].

    Divided by n(n − 1)/2 pairs of the n ≤ k items listed. An item without a vector is like no
    other; its pairs count as 0. Users with fewer than two items are left out (NaN). The time
    grows with the entries of the vectors of all listed items.
    Source: C.-N. Ziegler et al., "Improving Recommendation Lists Through Topic Diversification"
    (2005), there the sum over the pairs.
    """
    similarity = np.full(len(ranked), np.nan)
    n_users = max(1, _BLOCK_CELLS // vectors.n_columns)
    sums = np.zeros(n_users * vectors.n_columns)
    for start in range(0, len(ranked), n_users):
        block = ranked[start : start + n_users, :k]
        similarity[start : start + n_users] = _mean_of_pairs(block, vectors, sums)
    return similarity


def _mean_of_pairs(
    block: NDArray[np.int64], vectors: ItemVectors, sums: NDArray[np.float64]
) -> NDArray[np.float64]:
    """By (‖Σ v‖² − Σ ‖v‖²) / (n (n − 1)); `sums` is all zeros, and is left so: [B]."""
    user_idx, place = np.nonzero(block >= 0)
    items = block[user_idx, place]
    lengths = np.diff(vectors.starts)[items]
    ends = np.cumsum(lengths)
    within = np.arange(int(lengths.sum())) - np.repeat(ends - lengths, lengths)
    entries = np.repeat(vectors.starts[items], lengths) + within
    users = np.repeat(user_idx, lengths)
    cells, values = users * vectors.n_columns + vectors.columns[entries], vectors.values[entries]
    np.add.at(sums, cells, values)
    # ‖Σ v‖² entry by entry: never a pass over all columns.
    both = np.bincount(users, values * sums[cells], minlength=len(block))
    itself = np.bincount(users, values**2, minlength=len(block))
    sums[cells] = 0.0
    n_items = np.bincount(user_idx, minlength=len(block)).astype(np.float64)
    n_pairs = np.where(n_items > 1, n_items * (n_items - 1), np.nan)
    return (both - itself) / n_pairs
