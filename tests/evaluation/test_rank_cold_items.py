"""Cold items: hidden whole, ranked by text alone."""

import numpy as np

from mars_model.evaluation.rank_cold_items import (
    rank_cold_by_tfidf,
    rank_cold_by_variant,
)
from mars_model.evaluation.splits.cold_items import split_cold_items
from mars_model.features.likes import LikeMatrix
from tests.conftest import small_settings

SPACE, KITCHEN = ["orbit", "rocket", "planet"], ["soup", "chef", "knife"]
WORDS = [[*theme, f"title{i}"] for theme in (SPACE, KITCHEN) for i in range(10)]
# Items 0-9 are about space, 10-19 about kitchens; every user likes one theme, but for one item.
LIKES = LikeMatrix.from_rows(
    [[i for i in range(first, first + 10) if i != first + user] for first in (0, 10)
     for user in range(6)],
    n_items=20,
)  # fmt: skip


def theme_share(ranked: np.ndarray, split) -> float:
    """Users whose first cold item is of the theme that all their warm likes are of."""
    wanted = [split.warm_idx[split.histories.row(u)[0]] // 10 for u in range(len(ranked))]
    return float(np.mean(split.cold_idx[ranked[:, 0]] // 10 == wanted))


def test_text_neighbours_put_the_liked_theme_first():
    split = split_cold_items(LIKES, 0.3, seed=1)
    ranked = rank_cold_by_tfidf(WORDS, split)
    assert theme_share(ranked, split) == 1.0
    assert ranked.shape == (12, 500)
    assert sorted(ranked[0, :6]) == list(range(6)) and (ranked[:, 6:] == -1).all()


def test_a_variant_ranks_items_that_it_never_saw_by_their_theme():
    split = split_cold_items(LIKES, 0.3, seed=1)
    settings = small_settings(
        "training.max_epochs=25", "training.batch_size=64", "training.learning_rate=0.01"
    )
    ranked = rank_cold_by_variant(settings, WORDS, split, seed=1)
    assert theme_share(ranked, split) == 1.0
    assert (rank_cold_by_variant(settings, WORDS, split, seed=1) == ranked).all()


def test_what_cold_items_are_liked_by_changes_no_ranking():
    split = split_cold_items(LIKES, 0.3, seed=1)
    settings = small_settings("training.max_epochs=1")
    # The same warm likes, and of the cold items the very ones that nobody liked.
    moved = []
    for user in range(LIKES.n_users):
        other = np.setdiff1d(split.cold_idx, LIKES.row(user))
        moved.append([*split.warm_idx[split.training.row(user)], *other])
    moved = LikeMatrix.from_rows(moved, n_items=20)
    poisoned = split_cold_items(moved, 0.3, seed=1)
    for rank in (rank_cold_by_tfidf, lambda w, s: rank_cold_by_variant(settings, w, s, 1)):
        assert (rank(WORDS, split) == rank(WORDS, poisoned)).all()


def test_without_two_kinds_of_likes_nobody_is_tested():
    split = split_cold_items(LikeMatrix.from_rows([[0]], n_items=4), 0.25, seed=0)
    assert split.held_out.n_users == 0
    assert rank_cold_by_tfidf(WORDS[:4], split).shape == (0, 500)
