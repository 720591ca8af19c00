"""Calibration of popularity against the Jensen-Shannon divergence written out."""

from math import log2

import numpy as np

from mars_model.evaluation.metrics.beyond_accuracy import popularity_miscalibration
from mars_model.features.likes import LikeMatrix

# Five items with 4, 2, 2, 1 and 1 of ten likes: 0 is head, 1 and 2 middle, 3 and 4 tail.
TRAINING = LikeMatrix.from_rows([[0, 1, 2, 3], [0, 1, 2, 4], [0], [0], []], n_items=5)


def test_equal_shares_are_zero_and_no_common_group_is_one():
    # History of user 0: head 1/4, middle 2/4, tail 1/4; of users 2 and 3: head only.
    ranked = np.array([[0, 2, 1, 4], [-1] * 4, [0, -1, -1, -1], [1, 3, 4, 2], [0, 1, 2, 3]])
    found = popularity_miscalibration(ranked, TRAINING, 4)
    # User 1 has no list, user 4 no training like.
    np.testing.assert_allclose(found, [0, np.nan, 0, 1, np.nan], atol=1e-12)


def test_the_divergence_is_the_mean_of_both_to_their_middle():
    ranked = np.array([[0, 3, 1, 2]] + [[0, 1, 2, 3]] * 4)
    # List at 2: 1/2, 0, 1/2. History: 1/4, 1/2, 1/4. Middle: 3/8, 1/4, 3/8.
    of_list = 2 * 1 / 2 * log2((1 / 2) / (3 / 8))
    of_history = 2 * 1 / 4 * log2((1 / 4) / (3 / 8)) + 1 / 2 * log2((1 / 2) / (1 / 4))
    found = popularity_miscalibration(ranked, TRAINING, 2)
    np.testing.assert_allclose(found[0], (of_list + of_history) / 2)
