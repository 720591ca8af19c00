"""No model sees a test like: with absurd ones in their place every list stays as it was.

Poison goes into the likes before they are split, so what the splits hand on is tested as well.
All likes are of items with even positions; each test like is moved to the item behind it, which
nobody likes, and which alone of all items gets likes then. By time, more can be done: everybody
gets ten more likes after the date, and some users come who like everything.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pyspark.sql import SparkSession

from mars_model.evaluation.baselines.choose_baseline import NAMES, why_not
from mars_model.evaluation.baselines.choose_baseline import baseline as baseline_of
from mars_model.evaluation.baselines.interface import Known
from mars_model.evaluation.baselines.popularity import Popularity
from mars_model.evaluation.ranking import rank_unseen
from mars_model.evaluation.splits.choose_split import SPLITS, split_of
from mars_model.evaluation.splits.split import Split
from mars_model.evaluation.splits.timed_likes import TimedLikes
from mars_model.evaluation.variant import rank_variant
from mars_model.features.likes import LikeMatrix
from mars_model.resources import resource_folder
from tests.conftest import small_settings

N_USERS, N_ITEMS, SEED, TEST_FROM_S = 24, 40, 3, 1000
THEMES = (["orbit", "rocket", "planet"], ["soup", "chef", "knife"])
WORDS = [[*THEMES[item % 2], f"title{item}", f"pair{item // 2}"] for item in range(N_ITEMS)]

Rank = Callable[[Split], np.ndarray]


def variant(name: str) -> Rank:
    conf = resource_folder("conf") / "models" / f"{name}.yaml"
    settings = small_settings("training.max_epochs=2", "training.users_per_batch=8", conf=conf)
    return lambda split: rank_variant(settings, WORDS, split, SEED)


def baseline(name: str, spark: SparkSession | None = None) -> Rank:
    def rank(split: Split) -> np.ndarray:
        if reason := why_not(name):
            pytest.skip(reason)
        known = Known(split.training, WORDS, SEED, n_threads=1)
        return rank_unseen(
            baseline_of(name, QUICK.get(name, {}), spark).fit(known), split.training, N_ITEMS
        )

    return rank


# Long fits made short; the others are as they come.
QUICK: dict[str, dict[str, Any]] = {
    "als": {"n_factors": 4, "n_iterations": 3},
    "neumf": {"n_epochs": 3},
    "deepfm": {"n_epochs": 3},
    "wide-and-deep": {"n_epochs": 3},
    "ctr": {"n_topics": 4, "n_iterations": 3},
    "cdl": {"n_factors": 4, "hidden": (8,), "n_epochs": 3},
}

MODELS: dict[str, Rank] = {
    "mars": variant("mars"),
    "mars-plus": variant("mars-plus"),
    **{name: baseline(name) for name in NAMES if name != "als"},
}


def clean_likes() -> TimedLikes:
    """Eight likes of even items each, at growing times, about a quarter of them after the date."""
    rng = np.random.default_rng(11)
    items = [2 * rng.choice(N_ITEMS // 2, 8, replace=False) for _ in range(N_USERS)]
    times = [np.sort(rng.choice(1300, 8, replace=False)) for _ in range(N_USERS)]
    return TimedLikes.from_rows(items, times, N_ITEMS)


def split_by(name: str, timed: TimedLikes) -> Split:
    return split_of(name, timed, SEED, TEST_FROM_S if name == "temporal" else None)


def poisoned_likes(name: str) -> TimedLikes:
    """The same likes but for those that test."""
    timed = clean_likes()
    likes, split = timed.likes, split_by(name, timed)
    assert split.users.tolist() == list(range(N_USERS))
    items, times = [], []
    for user in range(N_USERS):
        is_test = np.isin(likes.row(user), split.test.row(user))
        items.append(likes.row(user) + is_test)
        times.append(timed.times[likes.starts[user] : likes.starts[user + 1]])
    if name == "temporal":
        unheard = np.arange(1, 20, 2, dtype=np.int32)
        for user in range(N_USERS):
            more = np.setdiff1d(unheard, items[user])
            items[user] = np.concatenate([items[user], more])
            times[user] = np.concatenate([times[user], np.full(len(more), 2000)])
        items += [np.arange(N_ITEMS, dtype=np.int32)] * 5
        times += [np.full(N_ITEMS, TEST_FROM_S)] * 5
    return TimedLikes.from_rows(items, times, N_ITEMS)


def splits(name: str) -> tuple[Split, Split]:
    """The split of the clean likes, and that of the poisoned ones."""
    return split_by(name, clean_likes()), split_by(name, poisoned_likes(name))


@pytest.mark.parametrize("name", SPLITS)
def test_the_poison_changes_every_test_like_and_no_other(name: str) -> None:
    clean, poisoned = splits(name)
    assert clean.test.n_likes >= N_USERS and clean.validation.n_likes > 0
    assert not (clean.test.item_idx % 2).any() and (poisoned.test.item_idx % 2).all()
    for part in ("training", "validation"):
        held, found = getattr(clean, part), getattr(poisoned, part)
        np.testing.assert_array_equal(held.starts, found.starts)
        np.testing.assert_array_equal(held.item_idx, found.item_idx)


@pytest.mark.parametrize("name", SPLITS)
@pytest.mark.parametrize("model", MODELS)
def test_no_list_of_any_model_changes_when_the_test_likes_do(model: str, name: str) -> None:
    clean, poisoned = splits(name)
    np.testing.assert_array_equal(MODELS[model](clean), MODELS[model](poisoned))


def test_no_list_of_als_changes_when_the_test_likes_do(spark: SparkSession) -> None:
    rank = baseline("als", spark)
    clean, poisoned = splits("temporal")
    np.testing.assert_array_equal(rank(clean), rank(poisoned))


@pytest.mark.parametrize("name", SPLITS)
def test_a_model_that_peeks_is_found_out(name: str) -> None:
    def peek(split: Split) -> np.ndarray:
        both = [
            np.concatenate([split.training.row(user), split.test.row(user)])
            for user in range(split.training.n_users)
        ]
        scores = Popularity().fit(Known(LikeMatrix.from_rows(both, N_ITEMS), WORDS, SEED))
        return rank_unseen(scores, split.training, N_ITEMS)

    clean, poisoned = splits(name)
    assert (peek(clean) != peek(poisoned)).any()
