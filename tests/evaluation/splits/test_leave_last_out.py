"""Leave-last-out: the head of each user's history is held out."""

import pytest
from hypothesis import given

from mars_model.errors import InputDataError
from mars_model.evaluation.splits.by_user import split_leave_last_out
from tests.evaluation.splits.rows import check_parts, parts_of, timed_likes, timed_rows


@pytest.mark.parametrize(
    ("row", "training", "validation", "test"),
    [
        ({5: 30, 2: 10, 7: 20}, {2}, {7}, {5}),
        ({5: 30, 2: 10}, {2}, set(), {5}),  # of two none validates
        ({5: 30}, {5}, set(), set()),  # a single like trains
        # Of one second the lower item id is the first of the history.
        ({5: 30, 2: 30, 7: 30, 9: 10}, {7, 9}, {5}, {2}),
        # Without a time a like is the oldest, and is never held out.
        ({5: None, 2: 10, 7: 20}, {5}, {2}, {7}),
        ({5: None, 2: None, 7: 20}, {2, 5}, set(), {7}),
        ({5: None, 2: None}, {2, 5}, set(), set()),
        ({5: -30, 2: -10, 7: -20}, {5}, {7}, {2}),  # before 1970
    ],
)
def test_the_newest_like_tests_and_the_one_before_it_validates(row, training, validation, test):
    split = split_leave_last_out(timed_likes([{0: 0, 1: 1}, row]))
    assert [part[1] for part in parts_of(split)] == [training, validation, test]


def test_the_record_says_how_and_how_much():
    split = split_leave_last_out(timed_likes([{0: 1, 1: 2, 2: None}, {}, {3: 4}]))
    assert split.name == "leave-last-out"
    assert split.record == {
        "split": "leave-last-out",
        "n_likes_without_time": 1,
        "seed": None,
        "n_users": 2,
        "n_training_likes": 2,
        "n_validation_likes": 1,
        "n_test_likes": 1,
        "n_test_users": 1,
        "n_users_left_out": 0,
        "n_likes_left_out": 0,
    }


@given(rows=timed_rows)
def test_it_equals_sorting_each_history_in_plain_python(rows):
    timed = timed_likes(rows)
    if not timed.is_timed.any():
        with pytest.raises(InputDataError, match="leave-last-out"):
            split_leave_last_out(timed)
        return
    split = split_leave_last_out(timed)
    check_parts(split, rows)
    assert split.users.tolist() == [user for user, row in enumerate(rows) if row]
    _, validation, test = parts_of(split)
    for user in split.users.tolist():
        known = [(-time, item) for item, time in rows[user].items() if time is not None]
        newest = [item for _, item in sorted(known)]
        n_held = min(len(newest), len(rows[user]) - 1, 2)
        assert test[user] == set(newest[: min(n_held, 1)])
        assert validation[user] == set(newest[1:n_held])
