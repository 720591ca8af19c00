"""Nearest neighbours by text: TF-IDF vectors, and their cosine with the mean of the liked ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array
from scipy.sparse.linalg import norm

from mars_model.evaluation.baselines.sparse import likes_csr
from mars_model.features.likes import LikeMatrix


@dataclass(frozen=True)
class TfIdf:
    """Ranks items that nobody liked yet; knows no setting. idf = ln((1 + n) / (1 + df)) + 1."""

    def fit(
        self, known: Sequence[Sequence[str]], new: Sequence[Sequence[str]], histories: LikeMatrix
    ) -> "FittedTfIdf":
        """Words and idf from the known items' documents; `histories` [U, known items]."""
        words = sorted({word for document in known for word in document})
        ids = {word: idx for idx, word in enumerate(words)}
        counts, new_counts = _count(known, ids), _count(new, ids)
        idf = np.log((1 + len(known)) / (1 + counts.getnnz(axis=0))) + 1
        return FittedTfIdf(likes_csr(histories), _weigh(counts, idf), _weigh(new_counts, idf))


@dataclass(frozen=True)
class FittedTfIdf:
    """What users like among the known items, and unit vectors [D, V] of known and new ones."""

    histories: csr_matrix
    known: csr_matrix
    new: csr_matrix

    def scores(self, users: NDArray[np.int64]) -> NDArray[np.float32]:
        """[B, new items]: cosine times the length of the user's mean vector, which is his alone."""
        liked = self.histories[users]
        mean = diags_array(1 / np.maximum(1, np.diff(liked.indptr))) @ liked
        return np.asarray((mean @ self.known @ self.new.T).toarray(), dtype=np.float32)


def _count(documents: Sequence[Sequence[str]], ids: Mapping[str, int]) -> csr_matrix:
    """How often each word of `ids` stands in each document: [D, V]."""
    known = [[ids[word] for word in document if word in ids] for document in documents]
    rows = np.repeat(np.arange(len(documents)), [len(idx) for idx in known])
    columns = np.concatenate([np.zeros(0, dtype=np.int64), *known]).astype(np.int64)
    shape = (len(documents), max(1, len(ids)))
    # Entries of one place are added up.
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)


def _weigh(counts: csr_matrix, idf: NDArray[np.float64]) -> csr_matrix:
    """Counts times idf, a unit vector in each row with words."""
    weighted = counts @ diags_array(idf)
    lengths = norm(weighted, axis=1)
    return csr_matrix(diags_array(1 / np.where(lengths > 0, lengths, 1)) @ weighted)
