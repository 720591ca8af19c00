"""Reciprocal rank of the first hit."""

import numpy as np
import pytest

from mars_model.evaluation.metrics.accuracy import reciprocal_rank
from mars_model.evaluation.metrics.hits import Hits
from mars_model.evaluation.metrics.means import mean_over_users
from mars_model.features.likes import LikeMatrix

RANKED = np.array([[4, 9, 7], [4, 9, 7], [4, 9, 7], [4, -1, -1]])
HITS = Hits.of(RANKED, LikeMatrix.from_rows([[9, 7], [7], [], [5]], n_items=10))


def test_only_the_first_hit_counts():
    np.testing.assert_allclose(reciprocal_rank(HITS, 3), [1 / 2, 1 / 3, np.nan, 0])
    assert mean_over_users(reciprocal_rank(HITS, 3)) == pytest.approx((1 / 2 + 1 / 3 + 0) / 3)


def test_a_first_hit_below_the_cutoff_is_none():
    np.testing.assert_allclose(reciprocal_rank(HITS, 2), [1 / 2, 0, np.nan, 0])
