"""The temporal split: one clock for everybody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mars_model.errors import InputDataError
from mars_model.evaluation.splits.temporal import split_temporal
from tests.evaluation.splits.rows import check_parts, parts_of, timed_likes, timed_rows

DAY = 86_400


def test_the_latest_fifth_tests_and_a_tenth_of_what_is_before_validates():
    # One like a day for twenty days, the later ones by user 1, who has an early one besides.
    rows = [
        {item: item * DAY for item in range(10)},
        {**{item: (item + 10) * DAY for item in range(10)}, 11: 0},
    ]
    training, validation, test = parts_of(split_temporal(timed_likes(rows)))
    # Of 21 likes: ⌊4.2⌋ = 4 test, ⌊1.7⌋ = 1 of the other 17 validates.
    assert test == {0: set(), 1: {6, 7, 8, 9}}
    assert validation == {0: set(), 1: {5}}
    assert training == {0: set(range(10)), 1: {0, 1, 2, 3, 4, 11}}


def test_a_given_time_is_the_first_that_tests():
    rows = [{0: 10, 1: 20, 2: 30, 3: 40}]
    split = split_temporal(timed_likes(rows), test_from_s=30)
    assert parts_of(split) == [{0: {0}}, {0: {1}}, {0: {2, 3}}]
    assert split.name == "temporal 1970-01-01T00:00:30Z"
    assert split.record == {
        "split": split.name,
        "validation_from": "1970-01-01T00:00:20Z",
        "test_from": "1970-01-01T00:00:30Z",
        "validation_share": 0.1,
        "n_likes_without_time": 0,
        "seed": None,
        "n_users": 1,
        "n_training_likes": 1,
        "n_validation_likes": 1,
        "n_test_likes": 2,
        "n_test_users": 1,
        "n_users_left_out": 0,
        "n_likes_left_out": 0,
    }


def test_likes_of_one_second_stay_together_in_the_later_part():
    # Of five likes the last tests, and takes all of its second with it.
    rows = [{0: 10, 1: 20, 2: 30, 3: 30, 4: 30}]
    assert parts_of(split_temporal(timed_likes(rows))) == [{0: {0}}, {0: {1}}, {0: {2, 3, 4}}]


def test_a_like_without_a_time_trains():
    rows = [{0: None, 1: 20, 2: 30}]
    split = split_temporal(timed_likes(rows), 30)
    assert parts_of(split) == [{0: {0}}, {0: {1}}, {0: {2}}]
    assert split.record["n_likes_without_time"] == 1


def test_users_who_come_after_the_training_are_left_out_and_counted():
    rows = [{0: 10, 1: 40}, {2: 20, 3: 40}, {4: 50}, {}]
    split = split_temporal(timed_likes(rows), 40)
    # User 1's only earlier like validates.
    assert parts_of(split) == [{0: {0}}, {0: set()}, {0: {1}}]
    assert split.users.tolist() == [0]
    assert (split.record["n_users_left_out"], split.record["n_likes_left_out"]) == (2, 3)


@pytest.mark.parametrize("test_from_s", [10, 41, None])
def test_a_time_that_leaves_a_part_empty_is_an_error(test_from_s):
    rows = [{0: 10, 1: 40}] if test_from_s else [{0: 10, 1: 10}]
    with pytest.raises(InputDataError, match="choose a date in between"):
        split_temporal(timed_likes(rows), test_from_s)


def test_users_with_either_training_or_test_likes_only_are_an_error():
    with pytest.raises(InputDataError, match="0 of the same users test"):
        split_temporal(timed_likes([{0: 10, 1: 20}, {2: 40}]), 40)


@given(rows=timed_rows, test_from_s=st.one_of(st.none(), st.integers(-1, 9)))
def test_no_like_of_a_later_part_is_earlier_than_one_of_an_earlier_part(rows, test_from_s):
    try:
        split = split_temporal(timed_likes(rows), test_from_s)
    except InputDataError:
        return
    check_parts(split, rows)
    times = [
        [rows[user][item] for user, items in part.items() for item in items]
        for part in parts_of(split)
    ]
    training = [time for time in times[0] if time is not None]
    assert None not in times[1] + times[2]
    assert max(training, default=-9) < min(times[1] + times[2])
    assert max([*training, *times[1]], default=-9) < min(times[2])
    assert split_temporal(timed_likes(rows), test_from_s).record == split.record
