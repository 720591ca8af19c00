"""Times beside likes."""

import numpy as np
import pytest

from mars_model.errors import InputDataError
from mars_model.evaluation.splits.timed_likes import UNKNOWN_TIME, TimedLikes


def test_times_follow_their_likes_into_the_order_of_items():
    timed = TimedLikes.from_rows([[7, 2, 5], [], [1]], [[70, 20, UNKNOWN_TIME], [], [10]], 8)
    assert timed.likes.item_idx.tolist() == [2, 5, 7, 1]
    assert timed.times.tolist() == [20, UNKNOWN_TIME, 70, 10]
    assert timed.is_timed.tolist() == [True, False, True, True]
    assert timed.times.dtype == np.int64


def test_nobody_has_no_times():
    timed = TimedLikes.from_rows([], [], 3)
    assert (timed.likes.n_users, len(timed.times)) == (0, 0)


def test_likes_without_any_time_cannot_be_split_by_it():
    timed = TimedLikes.from_rows([[0, 1]], [[UNKNOWN_TIME, UNKNOWN_TIME]], 2)
    with pytest.raises(InputDataError) as error:
        timed.require_times("temporal")
    for part in ("split temporal", "none of 2 likes has a time", "interacted_at", "paper"):
        assert part in str(error.value)
