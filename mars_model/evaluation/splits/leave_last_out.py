"""Leave-last-out: each user's newest like tests, the one before it validates."""

import numpy as np

from mars_model.evaluation.splits.split import Split
from mars_model.evaluation.splits.timed_likes import TimedLikes


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
