"""Likes with times for property tests, as they were drawn and as the splits take them."""

from hypothesis import strategies as st

from mars_model.evaluation.splits.split import Split
from mars_model.evaluation.splits.timed_likes import UNKNOWN_TIME, TimedLikes

N_ITEMS = 12
Rows = list[dict[int, int | None]]  # of each user: item → time, None where unknown

# Few times, so that many likes share one; some before 1970, some unknown.
_TIMES = st.one_of(st.none(), st.integers(-2, 9))
timed_rows = st.lists(
    st.dictionaries(st.integers(0, N_ITEMS - 1), _TIMES, max_size=8), min_size=1, max_size=6
)


def timed_likes(rows: Rows) -> TimedLikes:
    """The rows as arrays."""
    times = [[UNKNOWN_TIME if t is None else t for t in row.values()] for row in rows]
    return TimedLikes.from_rows([list(row) for row in rows], times, N_ITEMS)


def parts_of(split: Split) -> list[dict[int, set[int]]]:
    """Training, validation and test: user → items."""
    return [
        {int(user): set(part.row(place).tolist()) for place, user in enumerate(split.users)}
        for part in (split.training, split.validation, split.test)
    ]


def check_parts(split: Split, rows: Rows) -> None:
    """No like is in two parts; together they are all likes of all users who train."""
    training, validation, test = parts_of(split)
    assert all(training.values())
    for user in training:
        pieces = [*training[user], *validation[user], *test[user]]
        assert sorted(pieces) == sorted(rows[user])
    left_out = [user for user in range(len(rows)) if user not in training and rows[user]]
    assert split.record["n_users_left_out"] == len(left_out)
    assert split.record["n_likes_left_out"] == sum(len(rows[user]) for user in left_out)
    assert {part.n_items for part in (split.training, split.validation, split.test)} == {N_ITEMS}
