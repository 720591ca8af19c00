"""Names and records of runs, and what becomes of those that died."""

from dataclasses import replace
from datetime import date

import pytest

from mars_model.night import runs
from tests.night.conftest import copy_warehouse, rows_of

RUN_DATE = date(2026, 3, 1)
VERSIONS = {"items": 1, "interactions": 4}
SETTINGS = {"scoring": {"top_n": 10}}


def test_the_same_night_has_the_same_name():
    name = runs.name_run(RUN_DATE, "mars-1", VERSIONS, SETTINGS)
    again = runs.name_run(RUN_DATE, "mars-1", dict(reversed(VERSIONS.items())), SETTINGS)
    assert name == again
    assert name.startswith("2026-03-01-") and len(name) == len("2026-03-01-") + 8


@pytest.mark.parametrize(
    "other",
    [
        (date(2026, 3, 2), "mars-1", VERSIONS, SETTINGS),
        (RUN_DATE, "mars-2", VERSIONS, SETTINGS),
        (RUN_DATE, "mars-1", {**VERSIONS, "items": 2}, SETTINGS),
        (RUN_DATE, "mars-1", VERSIONS, {"scoring": {"top_n": 11}}),
    ],
)
def test_whatever_shapes_the_rows_changes_the_name(other):
    assert runs.name_run(*other) != runs.name_run(RUN_DATE, "mars-1", VERSIONS, SETTINGS)


def test_a_warehouse_without_runs_has_none_to_read_or_repair(warehouse):
    assert runs.read_runs(warehouse) == []
    assert runs.repair(warehouse, runs.read_runs(warehouse)) == []
    assert runs.find_run(runs.read_runs(warehouse), "2026-03-01-00000000") is None


def test_a_run_is_read_back_as_it_was_recorded(night):
    assert runs.find_run(runs.read_runs(night.warehouse), night.run.run_id) == night.run
    assert runs.find_run(runs.read_runs(night.warehouse), "2026-03-01-00000000") is None


def test_the_record_says_what_was_read_and_what_came_out(night):
    (row,) = rows_of(night.warehouse, "recommendation_runs")
    assert (row["status"], row["top_n"], row["min_likes"]) == ("published", 4, 2)
    counts = {"users": 10, "users_by_mars": 8, "users_by_popular": 2, "candidates": 12}
    # Nine users have four rows, user 8 has two.
    counts |= {"rows": 9 * 4 + 2, "unserved_users": 1, "users_scored": 10, "users_reused": 0}
    # The eight served by the model have 38 likes among twelve candidates.
    counts |= {"users_by_path_full": 8, "pairs": 38 * 12, "pairs_visited": 38 * 12}
    assert dict(row["counts"]) == counts
    tables = {"items", "interactions", "item_documents", "user_histories", "item_vectors"}
    assert set(dict(row["input_versions"])) == tables
    assert dict(row["failures"]) == {}


@pytest.fixture(scope="module")
def repaired(republished, tmp_path_factory):
    """Four runs that died: after their publish, before it, and twice about a second publish."""
    warehouse = copy_warehouse(republished.warehouse, tmp_path_factory.mktemp("repaired"))
    after, again = republished.run, runs.read_runs(warehouse)
    # `again` was published once, superseded since, and died before its second publish.
    (again,) = [run for run in again if run.run_id != after.run_id]
    never = replace(after, run_id="2026-03-02-11111111", run_date=date(2026, 3, 2))
    for run in (after, again, never):
        runs.record(warehouse, run.with_status(runs.STAGED))
    return (
        warehouse,
        {r.run_id: r.status for r in runs.repair(warehouse, runs.read_runs(warehouse))},
        after,
        again,
        never,
    )


def test_a_run_whose_rows_stand_was_published(repaired):
    _, told, after, _, _ = repaired
    assert told[after.run_id] == "published"


def test_a_run_without_a_commit_was_interrupted(repaired):
    _, told, _, _, never = repaired
    assert told[never.run_id] == "interrupted"


def test_an_older_commit_does_not_make_a_run_published(repaired):
    _, told, _, again, _ = repaired
    assert told[again.run_id] == "interrupted"


def test_repair_records_what_it_tells_and_has_nothing_left_to_do(repaired):
    warehouse, told, _, _, _ = repaired
    status = {r["run_id"]: r["status"] for r in rows_of(warehouse, "recommendation_runs")}
    assert status == told
    assert runs.repair(warehouse, runs.read_runs(warehouse)) == []
