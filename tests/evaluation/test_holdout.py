"""Splits of likes into a training and a held-out part."""

import numpy as np
import pytest

from mars_model.evaluation.holdout import hold_out
from mars_model.features.likes import LikeMatrix


@pytest.fixture
def likes() -> LikeMatrix:
    return LikeMatrix.from_rows(
        [range(10), [3, 5, 8], [1, 2], [], [7], [0, 2, 4, 6, 9]], n_items=10
    )


def rows_of(matrix: LikeMatrix) -> list[list[int]]:
    return [matrix.row(user).tolist() for user in range(matrix.n_users)]


@pytest.mark.parametrize(
    ("share", "counts"),
    [
        (0.34, [3, 1, 0, 0, 0, 1]),  # ⌊3.4⌋ ⌊1.02⌋ ⌊0.68⌋ ⌊0⌋ ⌊0.34⌋ ⌊1.7⌋
        (0.5, [5, 1, 1, 0, 0, 2]),
        (0.99, [9, 2, 1, 0, 0, 4]),
    ],
)
def test_the_held_out_count_is_rounded_down(likes, share, counts):
    _, held = hold_out(likes, share, seed=1)
    assert [len(row) for row in rows_of(held)] == counts


def test_both_parts_keep_all_users_and_items_and_make_up_the_likes(likes):
    kept, held = hold_out(likes, 0.5, seed=1)
    assert (kept.n_users, kept.n_items) == (held.n_users, held.n_items) == (6, 10)
    for whole, one, other in zip(rows_of(likes), rows_of(kept), rows_of(held), strict=True):
        assert not set(one) & set(other)
        assert sorted(one + other) == whole


def test_the_seed_alone_decides_what_is_held_out(likes):
    first, again, another = (rows_of(hold_out(likes, 0.5, seed)[1]) for seed in (1, 1, 2))
    assert first == again
    assert first != another


def test_any_like_can_be_held_out():
    likes = LikeMatrix.from_rows([[0, 1, 2]], n_items=3)
    held = {hold_out(likes, 0.34, seed)[1].row(0)[0] for seed in range(40)}
    assert held == {0, 1, 2}


@pytest.mark.parametrize("ids", [[10, 20, 30], ["a", "b", "c"]])
def test_ids_and_not_positions_decide_what_is_held_out(ids):
    likes = LikeMatrix.from_rows([range(20), range(20), range(20)], n_items=20)
    users, items = np.array(ids), np.arange(100, 120)
    _, held = hold_out(likes, 0.5, 1, users, items)
    assert len({tuple(row) for row in rows_of(held)}) == 3  # not the same for everybody
    # A new first item and a new first user move every position by one.
    moved = LikeMatrix.from_rows([[0], *[range(1, 21)] * 3], n_items=21)
    new_users = np.concatenate([users[:1], users])
    _, held_later = hold_out(moved, 0.5, 1, new_users, np.arange(99, 120))
    assert [[i - 1 for i in row] for row in rows_of(held_later)[1:]] == rows_of(held)


def test_a_new_like_moves_at_most_one_like_of_its_user_into_training():
    before = LikeMatrix.from_rows([range(20)] * 50, n_items=70)
    after = LikeMatrix.from_rows([[*range(20), 20 + u] for u in range(50)], n_items=70)
    kept, _ = hold_out(before, 0.34, 1)
    kept_after, held_after = hold_out(after, 0.34, 1)
    for user in range(50):
        seen = set(kept.row(user)) & set(held_after.row(user))
        assert len(seen) <= 1  # ⌊0.34 · 21⌋ = 7 is one more than ⌊0.34 · 20⌋ = 6
        assert len(set(kept_after.row(user)) - set(kept.row(user))) <= 1


def test_every_like_of_a_user_is_as_likely_to_be_held_out():
    n_users, n_items = 4000, 10
    likes = LikeMatrix.from_rows([range(n_items)] * n_users, n_items)
    _, held = hold_out(likes, 0.3, seed=1)
    counts = np.bincount(held.item_idx, minlength=n_items)
    assert counts.sum() == 3 * n_users
    # 1200 each, standard deviation √(4000 · 0.3 · 0.7) = 29.
    assert np.abs(counts - 1200).max() < 4 * 29
