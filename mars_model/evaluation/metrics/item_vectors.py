"""Items as sparse unit vectors, to say how alike two of them are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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
