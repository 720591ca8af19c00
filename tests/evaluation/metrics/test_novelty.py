"""Novelty in bits, from training likes counted by hand."""

from math import log2

import numpy as np

from mars_model.evaluation.metrics.beyond_accuracy import novelty
from mars_model.features.likes import LikeMatrix

# Of four users all like item 0, two like 1, one likes 2, nobody likes 3.
TRAINING = LikeMatrix.from_rows([[0, 1], [0, 1], [0, 2], [0]], n_items=4)


def test_novelty_is_the_mean_self_information_of_the_items_listed():
    ranked = np.array([[0, 1, 2], [2, 1, 0], [1, -1, -1], [-1, -1, -1]])
    bits = {0: -log2(4 / 4), 1: -log2(2 / 4), 2: -log2(1 / 4)}
    expected = [(bits[0] + bits[1]) / 2, (bits[2] + bits[1]) / 2, bits[1] / 1, np.nan]
    np.testing.assert_allclose(novelty(ranked, TRAINING, 2), expected)


def test_an_item_without_likes_counts_as_if_one_user_liked_it():
    np.testing.assert_allclose(novelty(np.array([[3, 0]]), TRAINING, 2), [(log2(4) + 0) / 2])
