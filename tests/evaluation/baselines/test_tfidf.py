"""TF-IDF against sums over words in plain Python."""

import math
from collections import Counter

import numpy as np
import pytest

from mars_model.evaluation.baselines.tfidf import TfIdf
from mars_model.features.likes import LikeMatrix

KNOWN = [["a", "b", "a"], ["b", "c"], ["c", "d", "d", "d"], []]
NEW = [["a", "d"], ["c", "unheard"], [], ["d", "d", "b"]]


def unit_vector(words: list[str]) -> dict[str, float]:
    n_with = Counter(word for document in KNOWN for word in set(document))
    vector = {
        word: n * (math.log((1 + 4) / (1 + n_with[word])) + 1)
        for word, n in Counter(words).items()
        if word in n_with
    }
    length = math.sqrt(sum(value**2 for value in vector.values()))
    return {word: value / length for word, value in vector.items()}


def test_scores_are_dot_products_with_the_mean_of_the_liked_unit_vectors():
    likes = [[0, 2], [1], [3], []]
    fitted = TfIdf().fit(KNOWN, NEW, LikeMatrix.from_rows(likes, n_items=4))
    found = fitted.scores(np.array([0, 1, 2, 3]))
    for user, liked in enumerate(likes):
        for item, words in enumerate(NEW):
            expected = sum(
                unit_vector(KNOWN[known]).get(word, 0) * value / len(liked)
                for known in liked
                for word, value in unit_vector(words).items()
            )
            assert found[user, item] == pytest.approx(expected, abs=1e-6)
