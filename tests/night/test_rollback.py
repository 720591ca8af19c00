"""Readers see the table as it was when a run was published, and as it was before that again."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from mars_model.cli.main import main
from mars_model.errors import InputDataError, MarsBatchError, SettingsError
from mars_model.night.read_lists import read_lists
from mars_model.night.rollback import roll_back
from mars_model.night.runs import Run, read_runs, record
from mars_model.tables.views import register_views
from mars_model.tables.warehouse import Warehouse
from tests.night.by_hand import MONDAY, TUESDAY, WEDNESDAY, publish_by_hand, run_by_hand
from tests.night.conftest import put_rows, rows_of

LISTS = {1: [10, 11], 2: [11, 12]}
OTHERS = {1: [12, 10], 2: [10]}
A, B = run_by_hand(MONDAY, "a", LISTS), run_by_hand(TUESDAY, "b", OTHERS)
B2, C = run_by_hand(TUESDAY, "b2", LISTS), run_by_hand(WEDNESDAY, "c", LISTS)


@pytest.fixture(scope="module")
def published(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Monday, Tuesday, Tuesday again, Wednesday; Monday once more, with the same rows."""
    folder = tmp_path_factory.mktemp("rollback") / "wh"
    warehouse = Warehouse(spark, str(folder))
    put_rows(warehouse, "items", [{"item_id": i, "title": f"Title {i}"} for i in (10, 11, 12)])
    put_rows(warehouse, "interactions", [{"user_id": 1, "item_id": 10}])
    for run, lists in ((A, LISTS), (B, OTHERS), (B2, LISTS), (C, LISTS), (A, LISTS)):
        publish_by_hand(warehouse, run, lists)
    return folder


@pytest.fixture
def warehouse(spark: SparkSession, published: Path, tmp_path: Path) -> Warehouse:
    return Warehouse(spark, str(shutil.copytree(published, tmp_path / "wh")))


def told(warehouse: Warehouse) -> dict[str, str]:
    """By run: the status that is read, which is also that of the table."""
    read = {run.run_id: run.status for run in read_runs(warehouse)}
    rows = rows_of(warehouse, "recommendation_runs")
    assert {row["run_id"]: row["status"] for row in rows} == read
    return read


def seen(warehouse: Warehouse) -> set[tuple]:
    """Every row that readers see."""
    rows = rows_of(warehouse, "recommendations")
    found = {(r["run_id"], r["user_id"], r["rank"], r["item_id"], r["score"]) for r in rows}
    assert len(found) == len(rows)
    return found


def rows_by_hand(*nights: tuple[Run, dict]) -> set[tuple]:
    return {
        (run.run_id, user, rank, item, 1 / rank)
        for run, lists in nights
        for user, items in lists.items()
        for rank, item in enumerate(items, start=1)
    }


def n_commits(warehouse: Warehouse) -> int:
    return len(DeltaTable(warehouse.location("recommendations")).history())


def test_a_rollback_is_one_commit_and_can_be_undone(warehouse: Warehouse) -> None:
    before, n_before = seen(warehouse), n_commits(warehouse)
    statuses = told(warehouse)
    done = roll_back(warehouse, A.run_id)
    assert n_commits(warehouse) == n_before + 1
    assert seen(warehouse) == rows_by_hand((A, LISTS))
    withdrawn = {B2.run_id: "withdrawn", B.run_id: "withdrawn", C.run_id: "withdrawn"}
    assert told(warehouse) == {A.run_id: "published"} | withdrawn
    assert (done.withdrawn, done.back, done.undo) == ([C.run_id, B2.run_id], [], C.run_id)

    assert not roll_back(warehouse, A.run_id).changed
    undone = roll_back(warehouse, C.run_id)
    assert n_commits(warehouse) == n_before + 2
    assert seen(warehouse) == before == rows_by_hand((A, LISTS), (B2, LISTS), (C, LISTS))
    assert told(warehouse) == statuses
    assert (undone.withdrawn, set(undone.back)) == ([], {B2.run_id, C.run_id})


def test_a_run_that_was_superseded_stands_again(warehouse: Warehouse) -> None:
    done = roll_back(warehouse, B.run_id)
    assert seen(warehouse) == rows_by_hand((A, LISTS), (B, OTHERS))
    expected = {A.run_id: "published", B.run_id: "published"}
    assert told(warehouse) == expected | {B2.run_id: "withdrawn", C.run_id: "withdrawn"}
    assert (done.back, done.undo) == ([B.run_id], C.run_id)


def test_every_reader_sees_the_lists_of_then(warehouse: Warehouse) -> None:
    roll_back(warehouse, B.run_id)
    lists = read_lists(warehouse, ["1"])
    assert [(row["run_date"], row["item_id"]) for row in lists] == [(TUESDAY, 12), (TUESDAY, 10)]
    register_views(warehouse)
    latest = warehouse.spark.table("latest_recommendations").select("run_id").distinct()
    assert [row[0] for row in latest.collect()] == [B.run_id]
    shown = CliRunner().invoke(main, ["--warehouse", warehouse.path, "runs"])
    assert [line.split()[2] for line in shown.stdout.splitlines()[2:]] == [
        *("withdrawn", "published", "withdrawn", "published")
    ]


def test_the_view_has_lists_before_and_after_the_commit_whenever_it_is_asked(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = []

    def look() -> None:
        register_views(warehouse)
        rows = warehouse.spark.table("latest_recommendations").select("run_date").distinct()
        days.append([row[0] for row in rows.collect()])

    restore = Warehouse.restore

    def watched(self: Warehouse, *args: object) -> None:
        look()
        restore(self, *args)
        look()

    monkeypatch.setattr(Warehouse, "restore", watched)
    roll_back(warehouse, A.run_id)
    roll_back(warehouse, C.run_id)
    assert days == [[WEDNESDAY], [MONDAY], [MONDAY], [WEDNESDAY]]


def test_a_rollback_that_fails_changes_nothing(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, statuses = seen(warehouse), told(warehouse)

    def refused(*_: object) -> None:
        assert {run_id for run_id, status in read(warehouse).items() if status == "withdrawn"}
        raise MarsBatchError("another run wrote it at the same time")

    def read(warehouse: Warehouse) -> dict[str, str]:
        rows = rows_of(warehouse, "recommendation_runs")
        return {row["run_id"]: row["status"] for row in rows}

    with monkeypatch.context() as patched, pytest.raises(MarsBatchError, match="at the same time"):
        patched.setattr(Warehouse, "restore", refused)
        roll_back(warehouse, A.run_id)
    assert (seen(warehouse), told(warehouse)) == (before, statuses)

    DeltaTable(warehouse.location("recommendations")).vacuum(0, False, False)
    with pytest.raises(InputDataError, match=r"version 2 cannot be brought back, it was vacuumed"):
        roll_back(warehouse, B.run_id)
    assert (seen(warehouse), told(warehouse)) == (before, statuses)


def test_a_run_that_was_never_published_is_named_with_those_that_were(warehouse: Warehouse) -> None:
    refused = replace(C, run_id="2026-03-04-d", status="audit_failed")
    record(warehouse, refused)
    for run_id, why in ((refused.run_id, "no commit of"), ("' or 1=1", "there is no such run")):
        with pytest.raises(SettingsError, match=f"run {run_id}: {why}") as raised:
            roll_back(warehouse, run_id)
        assert f"(see mars-batch runs): {C.run_id}, " in str(raised.value)


def test_the_command_says_what_changed_and_how_to_undo_it(warehouse: Warehouse) -> None:
    command = ["--warehouse", warehouse.path, "rollback", "--to", B2.run_id]
    shown = CliRunner().invoke(main, command)
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.splitlines() == [
        f"recommendations is again as it was when {B2.run_id} was published",
        f"withdrawn: {C.run_id}",
        f"undo it with: mars-batch rollback --to {C.run_id}",
    ]
    again = CliRunner().invoke(main, command)
    assert again.stdout.endswith("nothing to roll back\n")


def test_a_restore_by_hand_is_a_rollback_too(warehouse: Warehouse) -> None:
    DeltaTable(warehouse.location("recommendations")).restore(2)
    read = {run.run_id: run.status for run in read_runs(warehouse)}
    assert read == {
        **{A.run_id: "published", B.run_id: "published"},
        **{B2.run_id: "withdrawn", C.run_id: "withdrawn"},
    }
