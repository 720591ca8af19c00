"""Splits of likes into a training and a held-out part."""

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
