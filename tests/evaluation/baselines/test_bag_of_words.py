"""Bags of words on a few documents counted by hand."""

import math

import numpy as np
import pytest

from mars_model.evaluation.baselines.bag_of_words import bag_of_words

# "a" stands 6 times in 2 of 4 documents, "b" 5 times in 1, "c" 8 times in all 4, "d" 4 times.
DOCUMENTS = [
    ["a", "c", "a", "a", "a", "a", "d"],
    ["c", "b", "b", "b", "b", "b", "a"],
    ["c", "c", "d", "d", "d"],
    ["c", "c", "c", "c"],
]
IDF = {"a": math.log(4 / 2), "b": math.log(4 / 1), "c": 0.0}


def test_frequent_words_stand_by_tf_idf() -> None:
    bag = bag_of_words(DOCUMENTS, max_vocabulary=10)
    # tf-idf: b 5 ln 4 = 6.9, a 6 ln 2 = 4.2, c 0; d is too rare.
    assert bag.vocabulary == ("b", "a", "c")
    assert bag.idf.tolist() == pytest.approx([IDF["b"], IDF["a"], IDF["c"]])
    assert bag.starts.tolist() == [0, 2, 5, 6, 7]
    assert bag.word_idx.tolist() == [1, 2, 0, 1, 2, 2, 2]
    assert bag.counts.tolist() == [5, 1, 5, 1, 1, 2, 4]
    assert bag.document_idx.tolist() == [0, 0, 1, 1, 1, 2, 3]


def test_the_vocabulary_is_cut_at_its_least_words() -> None:
    assert bag_of_words(DOCUMENTS, max_vocabulary=1).vocabulary == ("b",)


def test_top_words_of_a_document_are_a_unit_vector() -> None:
    words, weights = bag_of_words(DOCUMENTS, max_vocabulary=10).top_words(2)
    assert words.tolist() == [[1, 2], [0, 1], [2, 0], [2, 0]]
    length = math.hypot(5 * IDF["b"], 1 * IDF["a"])
    expected = [[1, 0], [5 * IDF["b"] / length, IDF["a"] / length], [0, 0], [0, 0]]
    np.testing.assert_allclose(weights, expected, rtol=1e-6)


@pytest.mark.parametrize("documents", [[], [[], []], [["once"], []]])
def test_documents_without_a_frequent_word_have_no_vocabulary(documents: list[list[str]]) -> None:
    bag = bag_of_words(documents, max_vocabulary=10)
    assert bag.vocabulary == () and bag.n_documents == len(documents)
    words, weights = bag.top_words(3)
    assert words.shape == weights.shape == (len(documents), 3)
    assert not words.any() and not weights.any()
