"""Splits by name."""

import json

import pytest

from mars_model.errors import SettingsError
from mars_model.evaluation.splits.by_user import split_leave_last_out, split_likes
from mars_model.evaluation.splits.choose_split import SPLITS, split_of
from mars_model.evaluation.splits.temporal import split_temporal
from tests.evaluation.splits.rows import parts_of, timed_likes

TIMED = timed_likes([{item: item * user for item in range(10)} for user in (1, 2, 3)])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("paper", split_likes(TIMED.likes, seed=4)),
        ("temporal", split_temporal(TIMED)),
        ("leave-last-out", split_leave_last_out(TIMED)),
    ],
)
def test_a_name_gives_its_split(name, expected):
    found = split_of(name, TIMED, seed=4)
    assert parts_of(found) == parts_of(expected)
    assert found.record == expected.record
    assert json.loads(json.dumps(found.record)) == found.record


def test_a_time_reaches_the_temporal_split():
    expected = split_temporal(TIMED, 6)
    assert parts_of(split_of("temporal", TIMED, 1, 6)) == parts_of(expected)


@pytest.mark.parametrize("name", SPLITS)
def test_splits_of_other_seeds_have_the_same_name(name):
    assert split_of(name, TIMED, 1).name == split_of(name, TIMED, 2).name


def test_only_the_papers_split_hangs_on_the_seed():
    same = {
        name: parts_of(split_of(name, TIMED, 1)) == parts_of(split_of(name, TIMED, 2))
        for name in SPLITS
    }
    assert same == {"paper": False, "temporal": True, "leave-last-out": True}


def test_an_unknown_name_or_a_time_without_use_is_refused():
    with pytest.raises(SettingsError, match="expected one of paper, temporal, leave-last-out"):
        split_of("random", TIMED, 1)
    with pytest.raises(SettingsError, match="only 'temporal' does"):
        split_of("paper", TIMED, 1, 6)
