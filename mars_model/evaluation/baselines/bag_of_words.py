"""Documents as bags of words: what CMF, CTR, CDL, DeepFM and Wide & Deep read of an item."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MIN_OCCURRENCES = 5  # as the paper's vocabulary


@dataclass(frozen=True)
class BagOfWords:
    """How often each word of the vocabulary stands in each document, in CSR.

    Shapes: `starts` int64 [D+1]; `word_idx` int64 and `counts` float32 [n], words of a document
    ascending. `vocabulary` holds the words by position, `idf` [V] is ln(D / df).
    """

    vocabulary: tuple[str, ...]
    idf: NDArray[np.float32]
    starts: NDArray[np.int64]
    word_idx: NDArray[np.int64]
    counts: NDArray[np.float32]

    @property
    def n_documents(self) -> int:
        """Number of documents, empty ones included."""
        return len(self.starts) - 1

    @property
    def document_idx(self) -> NDArray[np.int64]:
        """The document of each entry [n]."""
        return np.repeat(np.arange(self.n_documents), np.diff(self.starts))

    def top_words(self, n: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Each document's `n` words with the largest tf-idf: ids [D, n] and weights [D, n].

        Weights are tf-idf, made a unit vector over the words kept; a shorter document is filled
        with word 0 at weight 0. Ties go to the more frequent word.
        """
        tf_idf = self.counts * self.idf[self.word_idx]
        order = np.lexsort((self.word_idx, -tf_idf, self.document_idx))
        rank = np.arange(len(order)) - np.repeat(self.starts[:-1], np.diff(self.starts))
        kept, row, column = order[rank < n], self.document_idx[rank < n], rank[rank < n]
        words = np.zeros((self.n_documents, n), dtype=np.int64)
        weights = np.zeros((self.n_documents, n), dtype=np.float32)
        words[row, column] = self.word_idx[kept]
        weights[row, column] = tf_idf[kept]
        length = np.linalg.norm(weights, axis=1, keepdims=True)
        return words, np.divide(weights, length, out=weights, where=length > 0)


def bag_of_words(documents: Sequence[Sequence[str]], max_vocabulary: int) -> BagOfWords:
    """Count the `max_vocabulary` words with the largest tf-idf over all documents.

    Words seen fewer than five times are dropped before. The vocabulary is ordered by tf-idf
    descending, then by word; it may be empty.
    """
    counted = [Counter(words) for words in documents]
    n_times, n_documents = Counter[str](), Counter[str]()
    for counts in counted:
        n_times.update(counts)
        n_documents.update(counts.keys())
    idf = {word: float(np.log(len(documents) / df)) for word, df in n_documents.items()}
    frequent = [word for word, n in n_times.items() if n >= MIN_OCCURRENCES]
    frequent.sort(key=lambda word: (-n_times[word] * idf[word], word))
    vocabulary = tuple(frequent[:max_vocabulary])
    ids = {word: idx for idx, word in enumerate(vocabulary)}
    rows = [sorted((ids[w], n) for w, n in counts.items() if w in ids) for counts in counted]
    starts = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum([len(row) for row in rows], out=starts[1:])
    entries = np.array([entry for row in rows for entry in row], dtype=np.int64).reshape(-1, 2)
    return BagOfWords(
        vocabulary,
        np.array([idf[word] for word in vocabulary], dtype=np.float32),
        starts,
        entries[:, 0],
        entries[:, 1].astype(np.float32),
    )
