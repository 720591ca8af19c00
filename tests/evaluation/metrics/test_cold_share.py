"""Share of items without a training like."""

import numpy as np

from mars_model.evaluation.metrics.beyond_accuracy import cold_share
from mars_model.features.likes import LikeMatrix


def test_the_share_is_of_the_items_listed_above_the_cutoff():
    training = LikeMatrix.from_rows([[0], [0, 3]], n_items=5)  # 1, 2 and 4 are cold
    ranked = np.array([[0, 1, 2], [4, 3, 1], [2, -1, -1], [-1, -1, -1]])
    np.testing.assert_allclose(cold_share(ranked, training, 3), [2 / 3, 2 / 3, 1 / 1, np.nan])
    np.testing.assert_allclose(cold_share(ranked, training, 1), [0, 1, 1, np.nan])
