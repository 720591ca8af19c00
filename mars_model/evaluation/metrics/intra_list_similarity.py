"""Intra-list similarity: how alike the items of a list are, as sparse unit vectors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BLOCK_CELLS = 1 << 18  # users × columns of the sums of one block


@dataclass(frozen=True)
class ItemVectors:
    """Rows of length 1 in CSR, so that a dot product is a cosine; a row without entries is 0.

    Shapes: `starts` int64 [n_items+1]; `columns` int64 and `values` float64 [n_entries].
    """

    starts: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: NDArray[np.float64]
    n_columns: int

    @classmethod
    def of_words(cls, words: Sequence[Sequence[str]]) -> "ItemVectors":
        """TF-IDF of the words of each item: n · (ln((1 + items) / (1 + items with it)) + 1)."""
        ids: dict[str, int] = {}
        flat = (ids.setdefault(word, len(ids)) for row in words for word in row)
        n_words = np.array([len(row) for row in words], dtype=np.int64)
        columns = np.fromiter(flat, dtype=np.int64, count=int(n_words.sum()))
        item_idx = np.repeat(np.arange(len(words)), n_words)
        n_columns = max(1, len(ids))
        pairs, n_times = np.unique(item_idx * n_columns + columns, return_counts=True)
        item_idx, columns = np.divmod(pairs, n_columns)
        n_with_word = np.bincount(columns, minlength=n_columns)
        idf = np.log((1 + len(words)) / (1 + n_with_word)) + 1
        values = n_times * idf[columns]
        lengths = np.sqrt(np.bincount(item_idx, values**2, minlength=len(words)))
        starts = np.searchsorted(item_idx, np.arange(len(words) + 1))
        return cls(starts, columns, values / lengths[item_idx], n_columns)


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
