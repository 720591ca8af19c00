"""The split that holds out items whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mars_model.evaluation.splits.cold_items import split_cold_items
from mars_model.features.likes import LikeMatrix


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
    of_all = split.of_all_users(np.arange(len(testers), dtype=float))
    assert [None if np.isnan(v) else v for v in of_all] == [
        testers.index(u) if u in testers else None for u in range(len(rows))
    ]


def _ids(likes: LikeMatrix, idx: np.ndarray) -> list[list[int]]:
    return [idx[likes.row(user)].tolist() for user in range(likes.n_users)]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_seed_decides_which_items_are_cold(seed):
    likes = LikeMatrix.from_rows([range(20)], n_items=20)
    first, again = (split_cold_items(likes, 0.3, seed).cold_idx.tolist() for _ in range(2))
    assert first == again != split_cold_items(likes, 0.3, seed + 2).cold_idx.tolist()


def test_the_record_says_how_and_how_much():
    likes = LikeMatrix.from_rows([range(4), range(4), []], n_items=4)
    split = split_cold_items(likes, 0.25, seed=3)
    assert split.name == "cold items 0.25"
    assert split.record == {
        "split": "cold items 0.25",
        "share": 0.25,
        "seed": 3,
        "n_users": 2,
        "n_cold_items": 1,
        "n_training_likes": 2 * 3,
        "n_test_likes": 2 * 1,
    }
