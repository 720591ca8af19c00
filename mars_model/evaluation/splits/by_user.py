"""The splits that go user by user: the paper's at random, and leave-last-out by time."""

import numpy as np

from mars_model.evaluation.splits.split import Split
from mars_model.evaluation.splits.timed_likes import TimedLikes
from mars_model.features.likes import LikeMatrix


def split_likes(likes: LikeMatrix, seed: int) -> Split:
    """Split each user's likes at random by `seed`: 30 % train, 35 % validate, 35 % test.

    Of n likes max(1, 0.3 n rounded, halves up) train, so everybody who likes anything has a
    training like. Half of the rest, rounded down, validates; the others test: of two likes one
    trains and one tests.
    """
    rng = np.random.default_rng(seed)
    is_validation = np.zeros(likes.n_likes, dtype=np.bool_)
    is_test = np.zeros(likes.n_likes, dtype=np.bool_)
    for start, n_likes in zip(likes.starts.tolist(), np.diff(likes.starts).tolist(), strict=False):
        shuffled = start + rng.permutation(n_likes)
        n_training = max(1, (3 * n_likes + 5) // 10)
        n_validation = max(0, n_likes - n_training) // 2
        is_validation[shuffled[n_training : n_training + n_validation]] = True
        is_test[shuffled[n_training + n_validation :]] = True
    return Split.of(likes, is_validation, is_test, "paper", {"training_share": 0.3, "seed": seed})


def split_leave_last_out(timed: TimedLikes) -> Split:
    """Hold out the first two of each user's history, newest first: one tests, one validates.

    The order is that of `user_histories`: of likes of one second the one with the lower item id
    stands first, hence is held out first. Of two likes one trains and one tests; a single like
    trains. Only a like with a time is held out: one without counts as the oldest. Each user has
    a clock of his own, so others' training likes may be later than a test like: for forecasts
    take the temporal split. Nothing is drawn, so there is no seed.

    Raises InputDataError where no like has a time.
    """
    timed.require_times("leave-last-out")
    likes, user_idx = timed.likes, timed.likes.user_idx
    # ~t falls as t grows, without the overflow of −t.
    newest_first = np.lexsort((likes.item_idx, ~timed.times, user_idx))
    place = np.empty(likes.n_likes, dtype=np.int64)
    place[newest_first] = np.arange(likes.n_likes) - likes.starts[user_idx]
    n_likes = np.diff(likes.starts)[user_idx]
    is_test = timed.is_timed & (place == 0) & (n_likes >= 2)
    is_validation = timed.is_timed & (place == 1) & (n_likes >= 3)
    n_without_time = int(np.count_nonzero(~timed.is_timed))
    parameters = {"n_likes_without_time": n_without_time, "seed": None}
    return Split.of(likes, is_validation, is_test, "leave-last-out", parameters)
