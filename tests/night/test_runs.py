"""Names and records of runs, and what becomes of those that died."""

import shutil
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from deltalake import DeltaTable

from mars_model.errors import MarsBatchError
from mars_model.night import runs
from mars_model.night.publish import publish
from mars_model.night.run_night import run_night
from mars_model.tables.warehouse import Warehouse
from tests.night.conftest import copy_night, rows_of

RUN_DATE = date(2026, 3, 1)
INPUTS = {"items": ["5f", 1], "interactions": ["c0", 4]}
SETTINGS = {"scoring": {"top_n": 10}}


def test_the_same_night_has_the_same_name():
    name = runs.name_run(RUN_DATE, "mars-1", INPUTS, SETTINGS)
    again = runs.name_run(RUN_DATE, "mars-1", dict(reversed(INPUTS.items())), SETTINGS)
    assert name == again
    assert name.startswith("2026-03-01-") and len(name) == len("2026-03-01-") + 8


@pytest.mark.parametrize(
    "other",
    [
        (date(2026, 3, 2), "mars-1", INPUTS, SETTINGS),
        (RUN_DATE, "mars-2", INPUTS, SETTINGS),
        (RUN_DATE, "mars-1", {**INPUTS, "items": ["5f", 2]}, SETTINGS),
        (RUN_DATE, "mars-1", {**INPUTS, "items": ["77", 1]}, SETTINGS),
        (RUN_DATE, "mars-1", INPUTS, {"scoring": {"top_n": 11}}),
    ],
)
def test_whatever_shapes_the_rows_changes_the_name(other):
    assert runs.name_run(*other) != runs.name_run(RUN_DATE, "mars-1", INPUTS, SETTINGS)


def test_a_warehouse_without_runs_has_none_to_read_or_add(warehouse):
    assert runs.read_runs(warehouse) == []
    assert runs.add_missing(warehouse, runs.read_runs(warehouse)) == []
    assert runs.find_run(runs.read_runs(warehouse), "2026-03-01-00000000") is None


def test_a_run_is_read_back_as_it_was_recorded(night):
    assert runs.find_run(runs.read_runs(night.warehouse), night.run.run_id) == night.run
    assert runs.find_run(runs.read_runs(night.warehouse), "2026-03-01-00000000") is None


def test_the_record_says_what_was_read_and_what_came_out(night):
    (row,) = rows_of(night.warehouse, "recommendation_runs")
    assert (row["status"], row["top_n"], row["min_likes"]) == ("published", 4, 2)
    counts = {"users": 10, "users_by_mars": 8, "users_by_popular": 2, "candidates": 12}
    # Nine users have four rows, user 8 has two.
    counts |= {"rows": 9 * 4 + 2, "unserved_users": 1, "lists_made": 0}
    # The eight served by the model have 38 likes among twelve candidates.
    counts |= {"users_by_path_full": 8, "pairs": 38 * 12, "pairs_visited": 38 * 12}
    published = rows_of(night.warehouse, "recommendations")
    kinds = Counter(f"rows_by_reason_{row['reason_kind']}" for row in published)
    assert len(kinds) == 3
    assert dict(row["counts"]) == counts | kinds
    tables = {"items", "interactions", "item_documents", "user_histories", "item_vectors"}
    assert set(dict(row["input_versions"])) == tables
    assert dict(row["failures"]) == {}


def without_publishing(run: runs.Run) -> runs.Run:
    """The commit cannot know how long it will have taken."""
    return replace(run, durations_s={k: v for k, v in run.durations_s.items() if k != "publish"})


def test_the_commit_carries_the_whole_record(night):
    newest = night.warehouse.commits("recommendations")[0]
    of_commit, of_row = runs.Run.of_note(newest.note), runs.read_runs(night.warehouse)[0]
    assert of_commit == without_publishing(of_row)
    assert of_row.counts and of_row.gates and set(of_row.durations_s) > {"score", "publish"}


def test_a_commit_of_a_release_that_accepted_no_gates_carries_its_record(night):
    note = night.run.as_note()
    del note["run"]["accepted"]
    assert runs.Run.of_note(note) == night.run


@pytest.mark.parametrize("note", [{}, {"run_id": "a"}, {"run": {"run_id": "a"}}, {"run": 5}])
def test_a_commit_of_another_release_carries_no_record(note):
    assert runs.Run.of_note(note) is None


def test_a_record_that_is_missing_is_read_from_the_commit_and_written_by_the_next_night(
    night, tmp_path
):
    copied = copy_night(night, tmp_path / "wh")
    warehouse = copied.warehouse
    DeltaTable(warehouse.location("recommendation_runs")).delete()
    assert runs.read_runs(warehouse) == [without_publishing(night.run)]
    said: list[str] = []
    run_night(warehouse, copied.registry, night.settings, RUN_DATE, said.append, True)
    assert said == [
        f"run {night.run.run_id} had died after it was published; its record is written now",
        f"run {night.run.run_id} stands published already",
    ]
    (row,) = rows_of(warehouse, "recommendation_runs")
    assert (row["run_id"], row["status"]) == (night.run.run_id, "published")
    assert dict(row["counts"]) == night.run.counts
    assert runs.add_missing(warehouse, runs.read_runs(warehouse)) == []


def statuses(warehouse) -> tuple[dict[str, str], dict[str, str]]:
    """By run: what is read, and what the table says."""
    rows = rows_of(warehouse, "recommendation_runs")
    read = {run.run_id: run.status for run in runs.read_runs(warehouse)}
    return read, {row["run_id"]: row["status"] for row in rows}


def test_of_two_runs_of_a_date_the_later_commit_is_published(night, republished, tmp_path):
    path = shutil.copytree(republished.warehouse.path, tmp_path / "wh")
    warehouse = Warehouse(republished.warehouse.spark, str(path))
    first, second = night.run, republished.run
    expected = {first.run_id: "superseded", second.run_id: "published"}
    assert statuses(warehouse) == (expected, expected)

    # The first is published again and dies before it can say so.
    publish(warehouse, first, night.warehouse.read("recommendations"))
    again = {first.run_id: "published", second.run_id: "superseded"}
    assert statuses(warehouse) == (again, expected)
    missing = runs.add_missing(warehouse, runs.read_runs(warehouse))
    assert [run.run_id for run in missing] == [first.run_id]
    assert statuses(warehouse) == (again, again)


def test_a_refused_run_replaces_no_published_one(republished, tmp_path):
    path = shutil.copytree(republished.warehouse.path, tmp_path / "wh")
    warehouse = Warehouse(republished.warehouse.spark, str(path))
    before, _ = statuses(warehouse)
    refused = replace(republished.run, run_id="2026-03-01-11111111", status="audit_failed")
    runs.record(warehouse, refused)
    expected = before | {refused.run_id: "audit_failed"}
    assert statuses(warehouse) == (expected, expected)


def run_of(day: int, model: str, status: str = "published") -> runs.Run:
    run_date = date(2026, 3, day)
    return runs.Run(f"{run_date}-{status}", run_date, model, status, 4, 2, {})


def test_a_night_is_compared_with_the_last_published_one_whichever_model_made_it():
    earlier = [run_of(4, "a", "audit_failed"), run_of(3, "a"), run_of(2, "b"), run_of(1, "a")]
    assert runs.night_before(run_of(5, "a"), earlier) == run_of(3, "a")
    assert runs.night_before(run_of(5, "b"), earlier) == run_of(3, "a")
    assert runs.night_before(run_of(3, "a"), earlier) == run_of(2, "b")
    assert runs.night_before(run_of(1, "a"), earlier) is None


def test_a_run_whose_name_would_be_sql_is_no_run() -> None:
    with pytest.raises(MarsBatchError, match="expected letters, digits"):
        runs.Run("x' or '1' = '1", date(2026, 3, 1), "mars-1", "published", 4, 2, {})
