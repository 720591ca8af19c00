"""Hit rate: who has a held-out like among the first k."""

import numpy as np

from mars_model.evaluation.metrics.accuracy import hit_rate
from mars_model.evaluation.metrics.hits import Hits
from mars_model.evaluation.metrics.means import mean_over_users
from mars_model.features.likes import LikeMatrix

RANKED = np.array([[4, 9, 7], [4, 9, 7], [4, 9, 7], [4, -1, -1]])
HITS = Hits.of(RANKED, LikeMatrix.from_rows([[4, 9], [7], [], [5]], n_items=10))


def test_a_user_with_any_hit_counts_once_and_one_without_held_out_likes_not_at_all():
    np.testing.assert_array_equal(hit_rate(HITS, 3), [1, 1, np.nan, 0])
    assert mean_over_users(hit_rate(HITS, 3)) == 2 / 3


def test_hits_below_the_cutoff_do_not_count():
    np.testing.assert_array_equal(hit_rate(HITS, 2), [1, 0, np.nan, 0])
