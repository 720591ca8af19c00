"""The temporal split: likes before a time train, likes from then on test."""

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from mars_model.errors import InputDataError
from mars_model.evaluation.splits.split import Split
from mars_model.evaluation.splits.timed_likes import TimedLikes

TEST_SHARE = 0.2  # of all likes with a time, where nobody says from when on to test
VALIDATION_SHARE = 0.1  # of the likes with a time before the test's


def split_temporal(timed: TimedLikes, test_from_s: int | None = None) -> Split:
    """Train before a window of validation, validate before `test_from_s`, test from it on.

    One clock for all users: no test like is earlier than a validation like, and none of these
    earlier than a training like. `test_from_s` is in seconds since 1970 UTC; without it the
    latest fifth of the likes tests. The latest tenth of those before it validates. All likes of
    one second are in the same part, the later one of two. A like without a time trains: it
    counts as the oldest, as in a history. Nothing is drawn, so there is no seed.

    Users without a training like are left out (see Split). Raises InputDataError where no like
    has a time, or where training or test ends up empty.
    """
    timed.require_times("temporal")
    known = timed.times[timed.is_timed]
    if test_from_s is None:
        test_from_s = _start_of_latest(known, TEST_SHARE)
    before = known[known < test_from_s]
    validation_from_s = _start_of_latest(before, VALIDATION_SHARE) if len(before) else test_from_s
    is_test = timed.is_timed & (timed.times >= test_from_s)
    is_validation = timed.is_timed & (timed.times >= validation_from_s) & ~is_test
    parameters = {
        "validation_from": _iso(validation_from_s),
        "test_from": _iso(test_from_s),
        "validation_share": VALIDATION_SHARE,
        "n_likes_without_time": int(np.count_nonzero(~timed.is_timed)),
        "seed": None,
    }
    name = f"temporal {_iso(test_from_s)}"
    split = Split.of(timed.likes, is_validation, is_test, name, parameters)
    if not split.training.n_likes or not split.test.n_likes:
        raise InputDataError(
            f"split temporal: {split.training.n_likes} likes train before "
            f"{_iso(validation_from_s)} and {split.test.n_likes} of the same users test from "
            f"{_iso(test_from_s)} on, expected some of both. Likes with a time are from "
            f"{_iso(int(known.min()))} to {_iso(int(known.max()))}: choose a date in between"
        )
    return split


def _start_of_latest(times: NDArray[np.int64], share: float) -> int:
    """The time of the earliest of the latest ⌊share · n⌋ likes, one at least."""
    n_latest = max(1, int(share * len(times) + 1e-9))
    place = len(times) - n_latest
    return int(np.partition(times, place)[place])


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
