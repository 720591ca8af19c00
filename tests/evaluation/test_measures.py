"""Ranked lists → figures: fractions written out by hand."""

import math

import numpy as np
import pytest

from mars_model.evaluation.comparison import MAP, Figure
from mars_model.evaluation.measures import (
    accuracy_beside,
    by_popularity,
    description,
    figures_of,
    main_by_user,
)
from mars_model.evaluation.metrics.intra_list_similarity import ItemVectors
from mars_model.features.likes import LikeMatrix

# Item 0 has three training likes, 1 and 2 one each, 3 and 4 none.
TRAINING = LikeMatrix.from_rows([[0, 1], [0, 2], [0]], n_items=5)
RELEVANT = LikeMatrix.from_rows([[2, 3], [], [1]], n_items=5)
RANKED = np.array([[2, 4, 3], [1, 3, 4], [2, 1, 4]])


def value(figures: tuple[Figure, ...], metric: str) -> tuple[float, int]:
    return next((f.value, f.n_users) for f in figures if f.metric == metric)


def test_main_metrics_are_taken_over_users_with_held_out_likes():
    by_user = main_by_user(RANKED, RELEVANT, at=2)
    assert by_user["recall@2"].tolist() == [1 / 2, pytest.approx(math.nan, nan_ok=True), 1 / 1]
    figures = figures_of("test", by_user)
    assert figures == (
        Figure("test", "recall@2", (1 / 2 + 1) / 2, 2),
        Figure("test", MAP, ((1 + 2 / 3) / 2 + 1 / 2) / 2, 2),
    )


def test_other_metrics_of_hits_are_over_the_same_users():
    figures = accuracy_beside(RANKED, RELEVANT, at=2)
    ideal = 1 + 1 / math.log2(3)
    assert value(figures, "ndcg@2") == (pytest.approx((1 / ideal + 1 / math.log2(3)) / 2), 2)
    assert value(figures, "hit_rate@2") == (1.0, 2)
    assert value(figures, "mrr@2") == ((1 + 1 / 2) / 2, 2)


def test_lists_are_described_whatever_they_hit():
    vectors = ItemVectors.of_words([["a"], ["b"], ["c"], ["c"], ["d"]])
    figures = description(RANKED, TRAINING, vectors, at=3)
    assert value(figures, "coverage@3") == (4 / 5, 3)  # item 0 is in nobody's list
    assert value(figures, "cold_share@3") == (pytest.approx((2 / 3 + 2 / 3 + 1 / 3) / 3), 3)
    # Items 2 and 3 have the same word: one pair of three in the first list, none in the others.
    assert value(figures, "similarity@3") == (pytest.approx((1 / 3) / 3), 3)


def test_recall_of_each_group_counts_that_groups_likes_alone():
    found = {f.part: (f.value, f.n_users) for f in by_popularity(RANKED, TRAINING, RELEVANT, 3)}
    # Held out are item 2 and item 1, one like each, and item 3, which nobody likes in training.
    assert found["test, cold items"] == (1.0, 1)
    assert found["test, head items"] == (0.0, 0)
    liked_once = [found["test, middle items"], found["test, tail items"]]
    assert sum(n_users for _, n_users in liked_once) == 2
    assert all(share == 1.0 for share, n_users in liked_once if n_users)
