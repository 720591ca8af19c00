"""The users × items matrix of likes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mars_model.features.likes import LikeMatrix, likes_of_pairs


def test_rows_are_sorted_and_repeated_positions_count_once() -> None:
    likes = LikeMatrix.from_rows([[4, 1, 4], [], [0]], n_items=6)
    np.testing.assert_array_equal(likes.starts, [0, 2, 2, 3])
    np.testing.assert_array_equal(likes.item_idx, [1, 4, 0])
    assert (likes.n_users, likes.n_likes, likes.n_items) == (3, 3, 6)
    assert likes.starts.dtype == np.int64
    assert likes.item_idx.dtype == np.int32


def test_each_user_has_its_own_row() -> None:
    likes = LikeMatrix.from_rows([[2, 0], [], [1]], n_items=3)
    assert [likes.row(user).tolist() for user in range(3)] == [[0, 2], [], [1]]


def test_a_matrix_without_users_or_likes_is_empty() -> None:
    assert LikeMatrix.from_rows([], n_items=3).n_users == 0
    nobody = LikeMatrix.from_rows([[], []], n_items=3)
    assert (nobody.n_users, nobody.n_likes) == (2, 0)
    assert nobody.item_idx.dtype == np.int32


@given(st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=5))
def test_every_row_is_the_set_of_its_likes(rows: list[list[int]]) -> None:
    likes = LikeMatrix.from_rows(rows, n_items=10)
    assert [likes.row(user).tolist() for user in range(likes.n_users)] == [
        sorted(set(row)) for row in rows
    ]


def test_chosen_likes_keep_their_users_and_all_items() -> None:
    likes = LikeMatrix.from_rows([[0, 2], [], [1, 3]], n_items=5)
    assert likes.user_idx.tolist() == [0, 0, 2, 2]
    chosen = likes.only(np.array([False, True, False, False]))
    assert [chosen.row(user).tolist() for user in range(3)] == [[2], [], []]
    assert (chosen.n_items, chosen.item_idx.dtype) == (5, np.int32)


def test_pairs_become_rows_of_positions_without_users_who_teach_nothing() -> None:
    item_ids = np.array(["a", "b", "d"])
    pairs = [("u2", "d"), ("u2", "a"), ("u2", "d"), ("u1", "b"), ("u1", "zz"), ("u1", "c")]
    pairs += [("u3", "a"), ("u3", "b"), ("u4", "a"), ("u4", "d"), ("u4", "c")]
    users, items = (np.array(column) for column in zip(*pairs, strict=True))
    likes, user_ids = likes_of_pairs(users, items, item_ids, min_likes=2)
    assert user_ids.tolist() == ["u2", "u3", "u4"]  # u1 likes one of the items only
    assert [likes.row(u).tolist() for u in range(3)] == [[0, 2], [0, 1], [0, 2]]
    likes, user_ids = likes_of_pairs(users, items, item_ids, min_likes=3)
    assert user_ids.tolist() == ["u4"]  # the like of an item that is gone counts here
    assert likes.row(0).tolist() == [0, 2]
