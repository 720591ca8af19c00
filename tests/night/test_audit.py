"""Gates against the last published night, and checks over what stands published."""

from dataclasses import replace
from datetime import date

import pytest

from mars_model.errors import InputDataError
from mars_model.night.audit import judge_gates, measure_gates
from mars_model.night.check_published import check_published
from mars_model.night.runs import read_runs
from mars_model.settings import AuditSettings
from tests.night.conftest import rows_of

LIMITS = AuditSettings(min_catalogue_share=0.5, min_overlap=0.25, max_score_shift=0.125)


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
    ],
)
def test_a_gate_fails_beyond_its_limit_only(gates, failed):
    assert [failure.name for failure in judge_gates(gates, LIMITS)] == failed


def test_a_failed_gate_names_its_value_and_its_setting():
    (failure,) = judge_gates({"overlap": 0.125}, LIMITS)
    assert failure.detail == "is 0.125, beyond audit.min_overlap = 0.25"


def test_gates_compare_with_the_last_published_night(night):
    next_day = replace(night.run, run_date=date(2026, 3, 2))
    half = "rank in (1, 3) and user_id < 8"
    rows = night.warehouse.read("recommendations").where(half)
    gates = measure_gates(night.warehouse, next_day, rows, 12, read_runs(night.warehouse))

    before = rows_of(night.warehouse, "recommendations")
    now = [row for row in before if row["rank"] in (1, 3) and row["user_id"] < 8]
    old_scores, new_scores = (
        [r["score"] for r in some if r["source"] == "mars"] for some in (before, now)
    )
    old_mean = sum(old_scores) / len(old_scores)
    new_mean = sum(new_scores) / len(new_scores)
    assert gates["catalogue_share"] == len({r["item_id"] for r in now}) / 12
    assert gates["overlap"] == 2 / 4  # users who are not in both nights do not count
    assert gates["score_shift"] == pytest.approx(abs(new_mean - old_mean) / abs(old_mean))


def test_there_is_nothing_to_compare_with_before_the_first_night_or_after_a_new_model(night):
    rows = night.warehouse.read("recommendations")
    first = measure_gates(night.warehouse, night.run, rows, 12, read_runs(night.warehouse))
    other = replace(night.run, run_date=date(2026, 3, 2), model_version="mars-other")
    after = measure_gates(night.warehouse, other, rows, 12, read_runs(night.warehouse))
    assert set(first) == set(after) == {"catalogue_share"}


def test_what_stands_published_passes_its_own_checks(night):
    assert check_published(night.warehouse) == (night.run, [])


def test_a_warehouse_without_a_night_says_what_to_run(warehouse):
    with pytest.raises(InputDataError, match="no night was published yet"):
        check_published(warehouse)
