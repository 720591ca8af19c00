"""The search that every model of a comparison gets: as many trials, drawn the same each time."""

import pytest

from mars_model.comparing.study import search
from mars_model.evaluation.search_space import Choice, Range

SPACE = {
    "penalty": Range(0.1, 10.0, is_log=True),
    "n_factors": Range(5, 100),
    "hidden": Choice(((64, 64), (128, 64, 32))),
    "has_ids": Choice((True, False)),
}
START = {"penalty": 1.0, "n_factors": 50, "hidden": (64, 64), "has_ids": True}


def watched(judge):
    """The values that were tried, in order, and a judge that notes them."""
    tried = []

    def note(values):
        tried.append(dict(values))
        return judge(values)

    return tried, note


def test_the_first_trial_takes_the_settings_as_they_are_and_all_stay_in_the_space():
    tried, note = watched(lambda values: 0.0)
    values = search(SPACE, START, 6, seed=1, judge=note)
    assert tried[0] == START and len(tried) == 6
    assert values == START  # of equal ones the earlier
    for drawn in tried:
        assert 0.1 <= drawn["penalty"] <= 10.0
        assert isinstance(drawn["n_factors"], int) and 5 <= drawn["n_factors"] <= 100
        assert drawn["hidden"] in ((64, 64), (128, 64, 32))
        assert drawn["has_ids"] in (True, False)
    assert len({drawn["penalty"] for drawn in tried}) == 6


def test_the_best_by_the_judge_is_taken():
    tried, note = watched(lambda values: -abs(values["n_factors"] - 7))
    values = search(SPACE, START, 8, seed=3, judge=note)
    assert values == min(tried, key=lambda drawn: abs(drawn["n_factors"] - 7))


def test_a_search_that_begins_again_draws_the_same_and_one_that_goes_on_draws_on():
    def judge(values):
        return float(values["penalty"])

    first, note = watched(judge)
    search(SPACE, START, 14, seed=1, judge=note)
    again, note = watched(judge)
    search(SPACE, START, 14, seed=1, judge=note)
    fewer, note = watched(judge)
    search(SPACE, START, 5, seed=1, judge=note)
    other, note = watched(judge)
    search(SPACE, START, 5, seed=2, judge=note)
    assert again == first and fewer == first[:5]
    assert other[0] == START and other[1:] != first[1:5]


@pytest.mark.parametrize("start", [{}, {"penalty": 99.0, "hidden": (1,)}])
def test_a_start_that_the_space_does_not_hold_is_drawn_instead(start):
    tried, note = watched(lambda values: 0.0)
    search(SPACE, start, 1, seed=1, judge=note)
    assert 0.1 <= tried[0]["penalty"] <= 10.0 and len(tried[0]["hidden"]) in (2, 3)
