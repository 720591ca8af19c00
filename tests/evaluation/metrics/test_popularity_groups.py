"""Head, middle and tail by hand."""

from mars_model.evaluation.metrics.beyond_accuracy import (
    HEAD,
    MIDDLE,
    TAIL,
    popularity_groups,
)
from mars_model.features.likes import LikeMatrix


def likes_of_items(*n_likes: int) -> LikeMatrix:
    """So many users, the first ones, like each item."""
    rows = [[i for i, n in enumerate(n_likes) if user < n] for user in range(max(n_likes))]
    return LikeMatrix.from_rows(rows, len(n_likes))


def test_a_fifth_of_the_likes_is_the_heads_and_a_fifth_the_tails():
    # 10 likes: item 3 holds 4 of them; items 0 and 4 two each, up to 8; the rest is the tail.
    groups = popularity_groups(likes_of_items(2, 1, 1, 4, 2, 0))
    assert groups.tolist() == [MIDDLE, TAIL, TAIL, HEAD, MIDDLE, TAIL]


def test_of_equally_liked_items_the_lower_position_is_the_more_popular():
    assert popularity_groups(likes_of_items(1, 1, 1, 1, 1)).tolist() == [
        HEAD, MIDDLE, MIDDLE, MIDDLE, TAIL,
    ]  # fmt: skip


def test_the_head_reaches_over_its_fifth_with_its_last_item():
    # 10 likes: 1 of 10 is not yet a fifth after no item, but after two.
    assert (
        popularity_groups(likes_of_items(*[1] * 10)).tolist()
        == [HEAD] * 2 + [MIDDLE] * 6 + [TAIL] * 2
    )


def test_without_likes_every_item_is_tail():
    assert popularity_groups(LikeMatrix.from_rows([[]], n_items=2)).tolist() == [TAIL, TAIL]
