"""Nearest neighbours by text: TF-IDF vectors, and their cosine with the mean of the liked ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.bundle.vocabulary import Vocabulary
from mars_model.features.likes import LikeMatrix


@dataclass(frozen=True)
class WeightedWords:
    """Documents [D, L] as word ids and the weight of each occurrence, 0 on padding.

    A word's weights over its occurrences add up to its entry of the unit TF-IDF vector.
    """

    words: NDArray[np.int64]
    weights: NDArray[np.float32]


@dataclass(frozen=True)
class TfIdf:
    """Ranks items that nobody liked yet; knows no setting. idf = ln((1 + n) / (1 + df)) + 1."""

    def fit(
        self, known: Sequence[Sequence[str]], new: Sequence[Sequence[str]], histories: LikeMatrix
    ) -> "FittedTfIdf":
        """Words and idf from the known items' documents; `histories` [U, known items]."""
        vocabulary = Vocabulary(tuple(sorted({word for words in known for word in words})))
        longest = max(1, *(len(words) for words in (*known, *new)))
        idx = vocabulary.encode(known, longest, 1)
        n_with_word = np.zeros(len(vocabulary.words) + 1)
        for row in idx:
            n_with_word[np.unique(row)] += 1
        idf = np.log((1 + len(idx)) / (1 + n_with_word)) + 1
        idf[0] = 0.0  # padding
        new_idx = vocabulary.encode(new, longest, 1)
        return FittedTfIdf(histories, _weigh(idx, idf), _weigh(new_idx, idf), len(idf))


@dataclass(frozen=True)
class FittedTfIdf:
    """The known and the new items' documents, and what users like among the known ones."""

    histories: LikeMatrix
    known: WeightedWords
    new: WeightedWords
    n_words: int

    def scores(self, users: NDArray[np.int64]) -> NDArray[np.float32]:
        """[B, new items]: cosine times the length of the user's mean vector, which is his alone."""
        block = np.empty((len(users), len(self.new.words)), dtype=np.float32)
        for row, user_idx in enumerate(users):
            liked = self.histories.row(user_idx)
            words, weights = self.known.words[liked], self.known.weights[liked]
            profile = np.bincount(words.ravel(), weights.ravel() / max(1, len(liked)), self.n_words)
            block[row] = (profile[self.new.words] * self.new.weights).sum(axis=1)
        return block


def _weigh(words: NDArray[np.int64], idf: NDArray[np.float64]) -> WeightedWords:
    weights = idf[words]
    for position, row in enumerate(words):
        unique, n_times = np.unique(row, return_counts=True)
        length = float(np.sqrt(np.sum((n_times * idf[unique]) ** 2)))
        weights[position] /= length or 1.0
    return WeightedWords(words, weights.astype(np.float32))
