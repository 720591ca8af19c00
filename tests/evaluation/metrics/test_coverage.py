"""Catalogue coverage."""

import numpy as np

from mars_model.evaluation.metrics.beyond_accuracy import catalogue_coverage


def test_items_in_several_lists_count_once_and_those_below_the_cutoff_not():
    ranked = np.array([[0, 1, 2], [1, 0, 3], [1, -1, -1]])
    assert catalogue_coverage(ranked, 8, k=2) == 2 / 8
    assert catalogue_coverage(ranked, 8, k=3) == 4 / 8


def test_the_end_of_a_short_list_is_no_item():
    assert catalogue_coverage(np.array([[-1, -1]]), 2, k=2) == 0 / 2


def test_an_empty_catalogue_is_not_covered():
    assert catalogue_coverage(np.zeros((0, 5), dtype=np.int64), 0, k=5) == 0.0
