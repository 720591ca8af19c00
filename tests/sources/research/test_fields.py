"""Fields that are what they must be, and those that are not."""

import warnings

import pytest

from mars_model.sources.research.fields import joined, json_object, microseconds, whole_number
from mars_model.sources.research.fields import number as read_number
from mars_model.sources.research.records import BrokenLineError


@pytest.mark.parametrize("text", ["0", "17", " 42 ", "-3", "9" * 18])
def test_whole_numbers_stay_text(text: str) -> None:
    assert whole_number(text, "id") == text.strip()


@pytest.mark.parametrize("text", ["", "007", "1.0", "1_0", "１", "9" * 19, "1 2", "+1"])
def test_an_id_that_would_change_as_a_number_is_none(text: str) -> None:
    with pytest.raises(BrokenLineError, match="id is no whole number"):
        whole_number(text, "id")


@pytest.mark.parametrize("value", ["", "inf", "nan", "1_0", True, [1], {}, 10**400])
def test_what_is_no_finite_number_is_broken(value: object) -> None:
    with pytest.raises(BrokenLineError, match="rating is no number"):
        read_number(value, "rating")


def test_times_are_whole_microseconds_in_the_years_1_to_9999() -> None:
    assert microseconds("978300760", "time") == 978_300_760_000_000
    assert microseconds(1588687728923, "time", per_second=1000) == 1_588_687_728_923_000
    assert microseconds(253_402_300_799, "time") == 253_402_300_799_000_000
    for nothing in (None, "", "  "):
        assert microseconds(nothing, "time") is None
    for wrong in (253_402_300_800, 1588687728923, -(10**12)):
        with pytest.raises(BrokenLineError, match="time is no time"):
            microseconds(wrong, "time")


def test_texts_are_joined_once_each_from_lists_in_lists() -> None:
    assert joined("a ", None, ["b", ["a", "c"], 5, ""]) == "a b c"
    assert joined([], None, " ") is None
    deep: object = "x"
    for _ in range(500):
        deep = [deep]
    assert joined(deep, "y") == "y"


def test_escapes_that_python_does_not_know_warn_nobody() -> None:
    with warnings.catch_warnings():
        # Not others: what earlier tests left open may be collected just now.
        for kind in (SyntaxWarning, DeprecationWarning):
            warnings.simplefilter("error", kind)
        assert json_object("{'a': 'b\\/c'}", can_be_python=True) == {"a": "b\\/c"}
