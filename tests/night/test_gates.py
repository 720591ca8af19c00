"""Gates by hand-made facts, and which of them may be accepted."""

import math
from datetime import date

import pytest

from mars_model.errors import SettingsError
from mars_model.night.checks import Failure, ItemFacts, UserFacts
from mars_model.night.gates import accepted_gates, judge_gates, measure_gates, refusing
from mars_model.night.runs import Run
from mars_model.settings import AuditSettings

LIMITS = AuditSettings(min_catalogue_share=0.5, min_overlap=0.25, max_score_shift=0.125)
OTHER = "published by another model"


def users(**changed) -> UserFacts:
    """Ten users, eight by the model, half of whose items were there before."""
    facts = {"n_users": 10, "n_different_users": 10, "n_rows": 40, "n_by_model": 8}
    facts |= {"n_rows_before": 32, "n_rows_again": 16, "newest_like_s": None, "n_offending": {}}
    return UserFacts(**facts | changed)


def items(mean_score: float | None = 3.0) -> ItemFacts:
    return ItemFacts(6, mean_score, {}, {})


def run(model: str = "a", day: int = 2, **facts) -> Run:
    run_date = date(2026, 3, day)
    return Run(f"{run_date}-0", run_date, model, "published", 4, 2, {}, **facts)


def last(model: str = "a", **changed) -> Run:
    """The night before: mean score 2, nine of ten users by the model, MAP .3."""
    facts = {"mean_score": 2.0, "validation_map": 0.3} | changed
    return run(model, 1, counts={"users": 10, "users_by_mars": 9}, gates=facts)


@pytest.mark.parametrize(
    ("gates", "failed"),
    [
        ({"catalogue_share": 0.5, "overlap": 0.25, "score_shift": 0.125}, []),
        ({"catalogue_share": 0.49, "overlap": 0.25, "score_shift": 0.0}, ["catalogue_share"]),
        (
            {"catalogue_share": 1.0, "overlap": 0.24, "score_shift": 0.126},
            ["overlap", "score_shift"],
        ),
        ({"catalogue_share": 0.5}, []),
        ({"overlap_across_models": 0.02, "map_loss": 0.2, "fallback_rise": -0.5}, []),
        ({"overlap_across_models": 0.009}, ["overlap_across_models"]),
        ({"map_loss": 2 / 3}, ["map_loss"]),
        ({"fallback_share": 1.0, "fallback_rise": 0.21}, ["fallback_share", "fallback_rise"]),
        ({"mean_score": 1e9, "validation_map": 0.0, "input_age_days": 4000}, []),
    ],
)
def test_a_gate_fails_beyond_its_limit_only(gates, failed):
    assert [failure.name for failure in judge_gates(gates, LIMITS)] == failed


def test_a_failed_gate_names_its_value_and_its_setting():
    (failure,) = judge_gates({"overlap": 0.125}, LIMITS)
    assert failure.detail == "is 0.125, beyond audit.min_overlap = 0.25"


def test_a_gate_without_a_limit_is_open_and_one_with_a_limit_is_not():
    gates = {"input_age_days": 2.5, "map_loss": 0.9}
    limits = AuditSettings(max_input_age_days=2, max_map_loss=None)
    assert [failure.name for failure in judge_gates(gates, limits)] == ["input_age_days"]


def test_a_night_of_the_same_model_is_compared_by_lists_and_score():
    assert measure_gates(users(), items(), 12, run(), last(), 0.1) == pytest.approx(
        {
            "catalogue_share": 6 / 12,
            "fallback_share": 2 / 10,
            "fallback_rise": 2 / 10 - 1 / 10,
            "mean_score": 3.0,
            "validation_map": 0.1,
            "overlap": 16 / 32,
            "score_shift": (3 - 2) / 2,
        }
    )


def test_across_models_lists_and_validation_map_are_compared_and_scores_are_not():
    gates = measure_gates(users(), items(), 12, run("b"), last("a"), 0.1)
    assert gates["overlap_across_models"] == 16 / 32
    assert gates["map_loss"] == pytest.approx((0.3 - 0.1) / 0.3)
    assert not {"overlap", "score_shift"} & set(gates)


@pytest.mark.parametrize("before", [None, 0.0])
@pytest.mark.parametrize("now", [None, math.nan])
def test_a_model_that_was_never_measured_is_not_compared(before, now):
    night_before = last(validation_map=before) if before is not None else run("a", 1)
    for measured in (now, 0.2):
        gates = measure_gates(users(), items(), 12, run("b"), night_before, measured)
        assert "map_loss" not in gates
    assert "validation_map" not in measure_gates(users(), items(), 12, run("b"), last(), now)


def test_the_age_of_the_inputs_runs_from_the_newest_like_to_midnight_of_the_run_date():
    # Unix time of 2026-02-27 06:00 UTC; the run date is March 2.
    gates = measure_gates(users(newest_like_s=1_772_172_000), items(), 12, run())
    assert gates["input_age_days"] == 2.75


def test_a_night_without_rows_by_right_is_judged_by_nothing():
    nothing = users(n_rows=0, n_by_model=0, n_rows_again=0, newest_like_s=0)
    gates = measure_gates(nothing, items(None), 12, run("b"), last(), 0.1, True)
    assert gates == {"validation_map": 0.1}
    strict = AuditSettings(max_input_age_days=0, min_catalogue_share=1)
    assert judge_gates(gates, strict) == []


def test_each_accepted_gate_has_its_reason_or_all_have_one():
    one_each = accepted_gates(("overlap", "map_loss"), ("new  range", "wanted"))
    assert one_each == {"overlap": "new range", "map_loss": "wanted"}
    assert accepted_gates(("overlap", "map_loss"), ("sale",)) == {
        "overlap": "sale",
        "map_loss": "sale",
    }
    assert accepted_gates((), ()) == {}


@pytest.mark.parametrize(
    ("gates", "reasons", "said"),
    [
        (("overlap",), (), "found 1 gates and 0 reasons"),
        (("overlap",), ("  ",), "found 1 gates and 0 reasons"),
        (("overlap",), ("a", "b"), "found 1 gates and 2 reasons"),
        (("overlap", "map_loss", "score_shift"), ("a", "b"), "found 3 gates and 2 reasons"),
        ((), ("why",), "found 0 gates and 1 reasons"),
        (("overlaps",), ("a",), "no gate of this name, expected one of catalogue_share, overlap,"),
        (("no_liked_item",), ("a",), "a check proves rows wrong, so it cannot be accepted"),
    ],
)
def test_an_acceptance_without_reason_or_of_no_such_gate_is_refused(gates, reasons, said):
    with pytest.raises(SettingsError, match=said) as caught:
        accepted_gates(gates, reasons)
    assert caught.value.exit_code == 2


def test_a_check_stops_a_night_whatever_was_accepted():
    found = [Failure("no_liked_item", 3, "for example"), Failure("overlap", 0, "is 0")]
    accepted = {"no_liked_item": OTHER, "overlap": OTHER, "score_shift": OTHER}
    assert [failure.name for failure in refusing(found, accepted)] == ["no_liked_item"]
