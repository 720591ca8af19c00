"""The paper's split: 30/35/35 of each user's likes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mars_model.evaluation.splits.by_user import split_likes
from mars_model.features.likes import LikeMatrix

ROWS = st.lists(st.sets(st.integers(0, 39), max_size=40), min_size=1, max_size=8)


def counts(n_likes: int) -> tuple[int, int, int]:
    split = split_likes(LikeMatrix.from_rows([range(n_likes)], n_items=40), seed=1)
    return split.training.n_likes, split.validation.n_likes, split.test.n_likes


@pytest.mark.parametrize(
    ("n_likes", "expected"),
    [
        (0, (0, 0, 0)),
        (1, (1, 0, 0)),
        (2, (1, 0, 1)),
        (3, (1, 1, 1)),  # 0.9 rounds to 1
        (5, (2, 1, 2)),  # 1.5 rounds up
        (10, (3, 3, 4)),
        (20, (6, 7, 7)),
    ],
)
def test_parts_have_the_sizes_that_the_docstring_says(n_likes, expected):
    assert counts(n_likes) == expected


@given(rows=ROWS, seed=st.integers(0, 5))
def test_parts_make_up_the_likes_without_overlap_and_everybody_trains(rows, seed):
    likes = LikeMatrix.from_rows([sorted(row) for row in rows], n_items=40)
    split = split_likes(likes, seed)
    parts = (split.training, split.validation, split.test)
    assert split.users.tolist() == [user for user, row in enumerate(rows) if row]
    assert {(part.n_users, part.n_items) for part in parts} == {(len(split.users), 40)}
    for place, user in enumerate(split.users):
        pieces = [part.row(place).tolist() for part in parts]
        assert sorted(pieces[0] + pieces[1] + pieces[2]) == sorted(rows[user])
        assert pieces[0]


def test_the_seed_alone_decides():
    likes = LikeMatrix.from_rows([range(30), range(5, 40)], n_items=40)
    first, again, another = (split_likes(likes, seed).test.item_idx.tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != another


def test_the_record_says_how_and_how_much():
    likes = LikeMatrix.from_rows([range(10), [], [3, 5, 7]], n_items=10)
    split = split_likes(likes, seed=7)
    assert split.name == "paper"
    assert split.record == {
        "split": "paper",
        "training_share": 0.3,
        "seed": 7,
        "n_users": 2,
        "n_training_likes": 3 + 1,
        "n_validation_likes": 3 + 1,
        "n_test_likes": 4 + 1,
        "n_test_users": 2,
        "n_users_left_out": 0,
        "n_likes_left_out": 0,
    }
