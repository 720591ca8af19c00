"""Every baseline but popularity sees that there are two groups of users."""

from typing import Any

import numpy as np
import pytest
from pyspark.sql import SparkSession

from mars_model.evaluation.baselines.choose_baseline import NAMES, baseline, why_not
from tests.evaluation.baselines.two_groups import known, misplaced

# Sizes that fit fourteen users; what is not named is as it comes.
SMALL: dict[str, dict[str, Any]] = {
    "item-knn": {"n_neighbours": 6},
    "ease": {"penalty": 1.0},
    "slim": {"penalty": 1.0, "absolute_penalty": 0.1},
    "als": {"n_factors": 4, "penalty": 0.05},
    "ials": {"n_factors": 4},
    "bpr": {"n_factors": 4, "n_epochs": 300},
    "neumf": {"n_epochs": 60, "learning_rate": 0.01},
    "cmf": {"n_factors": 2, "penalty": 1.0},
    "ctr": {"n_topics": 4},
    "deepfm": {"n_epochs": 60, "learning_rate": 0.01},
    "wide-and-deep": {"n_epochs": 60, "learning_rate": 0.01},
    "cdl": {
        "n_factors": 4,
        "hidden": (8,),
        "n_pretraining_epochs": 200,
        "learning_rate": 0.02,
        "item_penalty": 1.0,
    },
}
LEARNERS = [name for name in NAMES if name != "popularity"]


def available(name: str) -> None:
    """Skip with the reason where a baseline cannot run."""
    if reason := why_not(name):
        pytest.skip(reason)


@pytest.mark.parametrize("name", LEARNERS)
def test_items_of_the_own_group_come_before_all_others(name: str, request: Any) -> None:
    available(name)
    spark = request.getfixturevalue("spark") if name == "als" else None
    assert misplaced(baseline(name, SMALL[name], spark).fit(known())) == []


def test_popularity_does_not_know_groups() -> None:
    assert misplaced(baseline("popularity", {}, None).fit(known())) != []


@pytest.mark.parametrize("name", [name for name in LEARNERS if name != "als"])
def test_the_seed_decides_every_score(name: str) -> None:
    available(name)
    users = np.arange(14)
    made = baseline(name, SMALL[name], None)
    first, again = (made.fit(known(seed=3))(users) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    if name not in ("item-knn", "ease", "slim"):
        assert (made.fit(known(seed=4))(users) != first).any()


@pytest.mark.parametrize("name", NAMES)
def test_items_without_words_and_likes_are_scored_too(name: str, spark: SparkSession) -> None:
    available(name)
    full = known()
    more = type(full.likes)(full.likes.starts, full.likes.item_idx, n_items=14)
    without = type(full)(more, [*full.words, [], ["unheard"]], seed=1, n_threads=1)
    scores = baseline(name, SMALL.get(name, {}), spark).fit(without)(np.array([13, 0]))
    assert scores.shape == (2, 14) and np.isfinite(scores).all()


@pytest.mark.parametrize("name", ["cmf", "ctr", "deepfm", "wide-and-deep", "cdl"])
def test_a_catalogue_without_any_frequent_word_leaves_the_likes(name: str) -> None:
    available(name)
    wordless = type(known())(known().likes, [["once"], *[[]] * 11], seed=1, n_threads=1)
    scores = baseline(name, SMALL[name], None).fit(wordless)(np.arange(14))
    assert np.isfinite(scores).all()
