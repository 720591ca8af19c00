"""Cold items: hidden whole, ranked by text alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mars_model.evaluation.cold_items import (
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


@given(
    rows=st.lists(st.sets(st.integers(0, 11)), min_size=1, max_size=6),
    share=st.sampled_from([0.01, 0.25, 0.5]),
    seed=st.integers(0, 4),
)
def test_no_like_of_a_cold_item_reaches_training(rows, share, seed):
    rows = [sorted(row) for row in rows]
    split = split_cold_items(LikeMatrix.from_rows(rows, n_items=12), share, seed)
    assert sorted([*split.warm_idx, *split.cold_idx]) == list(range(12))
    assert len(split.cold_idx) == {0.01: 1, 0.25: 3, 0.5: 6}[share]
    warm = [[i for i in row if i in split.warm_idx] for row in rows]
    cold = [[i for i in row if i in split.cold_idx] for row in rows]
    testers = [u for u in range(len(rows)) if warm[u] and cold[u]]
    assert _ids(split.training, split.warm_idx) == warm
    assert _ids(split.histories, split.warm_idx) == [warm[u] for u in testers]
    assert _ids(split.held_out, split.cold_idx) == [cold[u] for u in testers]


def _ids(likes: LikeMatrix, idx: np.ndarray) -> list[list[int]]:
    return [idx[likes.row(user)].tolist() for user in range(likes.n_users)]


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


@pytest.mark.parametrize("seed", [1, 2])
def test_the_seed_decides_which_items_are_cold(seed):
    first, again = (split_cold_items(LIKES, 0.3, seed).cold_idx.tolist() for _ in range(2))
    assert first == again != split_cold_items(LIKES, 0.3, seed + 2).cold_idx.tolist()
