"""TF-IDF vectors of items against sums over words in plain Python."""

from math import log, sqrt

import numpy as np

from mars_model.evaluation.metrics.intra_list_similarity import ItemVectors

WORDS = [["a", "b", "a"], ["b"], [], ["c", "a"]]


def dense(vectors: ItemVectors) -> np.ndarray:
    rows = np.zeros((len(vectors.starts) - 1, vectors.n_columns))
    for item in range(len(rows)):
        entries = slice(vectors.starts[item], vectors.starts[item + 1])
        rows[item, vectors.columns[entries]] = vectors.values[entries]
    return rows


def test_rows_are_unit_vectors_of_word_counts_times_rarity():
    # Columns in the order in which words appear: a and b in two of four items, c in one.
    twice, once = log(5 / 3) + 1, log(5 / 2) + 1
    first, last = sqrt((2 * twice) ** 2 + twice**2), sqrt(once**2 + twice**2)
    expected = [
        [2 * twice / first, twice / first, 0],
        [0, 1, 0],
        [0, 0, 0],
        [twice / last, 0, once / last],
    ]
    np.testing.assert_allclose(dense(ItemVectors.of_words(WORDS)), expected)


def test_items_without_any_word_have_no_entries():
    vectors = ItemVectors.of_words([[], []])
    assert (len(vectors.values), vectors.starts.tolist()) == (0, [0, 0, 0])
