"""Means over users who count."""

import numpy as np

from mars_model.evaluation.metrics.means import mean_over_users, n_counted


def test_users_left_out_are_neither_in_the_sum_nor_in_the_divisor():
    values = np.array([0.5, np.nan, 0.0, 1.0])
    assert mean_over_users(values) == (0.5 + 0 + 1) / 3
    assert n_counted(values) == 3


def test_where_nobody_counts_the_mean_is_zero():
    assert mean_over_users(np.array([np.nan])) == mean_over_users(np.zeros(0)) == 0.0
    assert n_counted(np.array([np.nan])) == 0
