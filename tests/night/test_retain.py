"""Old nights and files go; what a night that stays has read or published can still be read.

Delta goes by the times of its log, so tables are written now and their logs made older by hand.
"""

import json
import os
import shutil
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pytest
from click.testing import CliRunner
from deltalake import CommitProperties, DeltaTable, write_deltalake

from mars_model.cli.main import main
from mars_model.cli.retain import plan_text
from mars_model.errors import MarsBatchError, SettingsError
from mars_model.night.retain import Plan, TablePlan, carry_out, plan_retention
from mars_model.night.rollback import roll_back
from mars_model.night.runs import Run, read_runs
from mars_model.tables.retention import old_files
from mars_model.tables.warehouse import Warehouse
from tests.night.conftest import put_rows, rows_of

NOW = datetime.now(UTC)  # VACUUM asks the clock too
TODAY = NOW.date()


def run(days_ago: int, name: str, items_version: int, status: str = "published") -> Run:
    day = TODAY - timedelta(days=days_ago)
    return Run(f"{day}-{name}", day, "m", status, 1, 1, {"items": items_version})


# Of seven days, OLD and OLDER expire. SECOND replaced FIRST on a date that stays, eight days ago.
OLDER, OLD = run(20, "aa", 1), run(10, "bb", 1)
FIRST, SECOND, LAST = run(5, "cc", 4, "superseded"), run(5, "dd", 2), run(1, "ee", 5)
REFUSED = run(5, "ff", 3, "audit_failed")
RUNS = (OLDER, OLD, FIRST, SECOND, LAST, REFUSED)
PUBLISHED = ((OLDER, 20), (OLD, 10), (FIRST, 9.5), (FIRST, 9), (SECOND, 8), (LAST, 1))
# Days ago that each version of items was written, by version. 3 is read by REFUSED alone.
ITEMS_WRITTEN = {0: 30, 1: 25, 2: 21, 3: 12, 4: 11, 5: 3, 6: 0.5}


def recommendation(of: Run) -> dict[str, Any]:
    return {
        **{"run_date": of.run_date, "run_id": of.run_id, "model_version": "m"},
        **{"user_id": 1, "rank": 1, "item_id": 7, "score": 0.5, "source": "mars"},
    }


def write_night(warehouse: Warehouse, of: Run) -> None:
    """The date's rows by one commit that carries the record, as a night publishes them."""
    location = warehouse.location("recommendations")
    schema = pa.schema(DeltaTable(location).schema())
    write_deltalake(
        *(location, pa.Table.from_pylist([recommendation(of)], schema=schema)),
        mode="overwrite",
        predicate=f"run_date = '{of.run_date}'",
        commit_properties=CommitProperties(
            custom_metadata={"userMetadata": json.dumps(of.as_note())}
        ),
    )


def make_older(location: str, days_ago: dict[int, float]) -> None:
    """Move commits into the past: the times in the log, of the log, and of the data files."""
    for version, days in days_ago.items():
        path = Path(location) / "_delta_log" / f"{version:020d}.json"
        at = NOW.timestamp() - days * 86_400
        actions = [json.loads(line) for line in path.read_text().splitlines()]
        for action in actions:
            for kind, fields in action.items():
                for name in ("timestamp", "deletionTimestamp", "modificationTime"):
                    if name in fields:
                        fields[name] = int(at * 1000)
                if kind == "add":
                    os.utime(Path(location) / fields["path"], (at, at))
        path.write_text("\n".join(map(json.dumps, actions)) + "\n")
        for checksum in (path.with_name(f".{path.name}.crc"), path.with_suffix(".crc")):
            checksum.unlink(missing_ok=True)
        os.utime(path, (at, at))


@pytest.fixture(scope="module")
def aged(spark, tmp_path_factory) -> Warehouse:
    """A shop whose items changed six times and whose nights go back three weeks."""
    warehouse = Warehouse(spark, str(tmp_path_factory.mktemp("aged") / "my shop"))
    put_rows(warehouse, "interactions", [{"user_id": 1, "item_id": 1}])
    for version in range(1, max(ITEMS_WRITTEN) + 1):
        put_rows(warehouse, "items", [{"item_id": version}])
    put_rows(warehouse, "interactions", [{"user_id": 1, "item_id": 2}])
    for table in ("recommendations", "recommendations_staged", "unserved_users"):
        warehouse.create(table)
    for of, _ in PUBLISHED:
        write_night(warehouse, of)
    put_rows(warehouse, "recommendations_staged", [recommendation(r) for r in (OLD, REFUSED)])
    short = [{"run_id": r.run_id, "user_id": 1, "n_rows": 0, "reason": "few"} for r in RUNS]
    put_rows(warehouse, "unserved_users", short)
    put_rows(warehouse, "recommendation_runs", [asdict(r) for r in RUNS])
    make_older(warehouse.location("items"), ITEMS_WRITTEN)
    make_older(warehouse.location("interactions"), {0: 30, 1: 30, 2: 0.1})
    # A checkpoint by Spark: of what left the table it remembers a week.
    items = f"delta.`{warehouse.location('items')}`"
    spark.sql(f"alter table {items} set tblproperties ('delta.checkpointInterval' = '1')")
    spark.sql(f"insert into {items} (item_id) values (10)")
    published = {version: days for version, (_, days) in enumerate(PUBLISHED, start=1)}
    make_older(warehouse.location("recommendations"), {0: 30, **published})
    return warehouse


def copy_of(warehouse: Warehouse, folder: Path) -> Warehouse:
    return Warehouse(warehouse.spark, str(shutil.copytree(warehouse.path, folder / "my copy")))


def rows_at(warehouse: Warehouse, table: str, version: int) -> list[dict]:
    """A version's rows, by another reader than the one that removes files."""
    rows = DeltaTable(warehouse.location(table), version=version).to_pyarrow_table().to_pylist()
    return sorted(rows, key=str)


def files_of(warehouse: Warehouse) -> dict[str, int]:
    root = Path(warehouse.path)
    return {str(p.relative_to(root)): p.stat().st_size for p in root.rglob("*") if p.is_file()}


def names_at(warehouse: Warehouse, table: str, *versions: int) -> set[str]:
    """Names of the data files of some versions."""
    of = (DeltaTable(warehouse.location(table), version=version) for version in versions)
    return {unquote(path).rpartition("/")[2] for table in of for path in table.file_uris()}


def dates_of(warehouse: Warehouse, table: str) -> list[date]:
    return sorted({row["run_date"] for row in rows_of(warehouse, table)})


def by_table(plan: Plan) -> dict[str, TablePlan]:
    return {one.table: one for one in plan.tables}


def rows_to_go(plan: Plan) -> dict[str, tuple[tuple[str, ...], int]]:
    return {one.table: (one.nights, one.n_rows) for one in plan.tables if one.n_rows}


@pytest.fixture(scope="module")
def plan(aged) -> Plan:
    return plan_retention(aged, 7, TODAY, NOW)


def test_a_plan_names_what_goes_and_what_stays_for_whom(aged, plan):
    assert {r.run_id for r in plan.expired} == {OLDER.run_id, OLD.run_id}
    tables = by_table(plan)
    expected = {2: (SECOND.run_id,), 4: (FIRST.run_id,), 5: (LAST.run_id,)}
    assert tables["items"].versions == expected
    gone = names_at(aged, "items", 1, 3)
    assert {file.name for file in tables["items"].files} == gone
    folder = Path(aged.location("items"))
    assert tables["items"].n_bytes == sum((folder / name).stat().st_size for name in gone)
    of_rows = {3: (FIRST.run_id,), 4: (FIRST.run_id,), 5: (SECOND.run_id,)}
    assert tables["recommendations"].versions == of_rows
    older, old = str(OLDER.run_date), str(OLD.run_date)
    assert rows_to_go(plan) == {
        "recommendations": ((older, old), 2),
        "recommendations_staged": ((old,), 1),
        "unserved_users": ((older, old), 2),
    }


def test_a_plan_reads_as_text(plan):
    text = plan_text(plan)
    assert f"nights before {TODAY - timedelta(days=7)} expire" in text
    assert f"not the latest published ({LAST.run_date})" in text
    assert f"2 for {SECOND.run_id}, 4 for {FIRST.run_id}, 5 for {LAST.run_id}" in text


def test_by_time_alone_vacuum_would_take_a_pinned_file_that_the_checkpoint_has_forgotten(aged):
    """It left the table 12 days ago and would be kept for 20; Delta forgets after a week."""
    found = old_files(aged, "items", (), NOW - timedelta(days=20), NOW)
    assert names_at(aged, "items", 2) <= {file.name for file in found}
    found = old_files(aged, "items", (2,), NOW - timedelta(days=20), NOW)
    assert not names_at(aged, "items", 2) & {file.name for file in found}


@pytest.fixture(scope="module")
def retained(aged, tmp_path_factory) -> Warehouse:
    """With what Java prints caught: the result of a command stands alone on stdout."""
    warehouse = copy_of(aged, tmp_path_factory.mktemp("retained"))
    jvm = aged.spark.sparkContext._jvm
    console = getattr(getattr(jvm.scala, "Console$"), "MODULE$")
    printed, stdout = jvm.java.io.ByteArrayOutputStream(), console.out()
    console.setOutDirect(jvm.java.io.PrintStream(printed))
    carry_out(warehouse, plan_retention(warehouse, 7, TODAY, NOW), lambda _: None)
    console.setOutDirect(stdout)
    assert printed.toString() == ""
    return warehouse


def test_every_version_that_a_night_that_stays_has_read_is_read_as_before(aged, retained):
    for version in (2, 4, 5, 6, 8):
        assert rows_at(retained, "items", version) == rows_at(aged, "items", version)
    by_spark = retained.read("items", 2).collect()
    assert [row["item_id"] for row in by_spark] == [2]


def test_versions_that_only_nights_that_expired_or_were_refused_have_read_are_gone(retained):
    for version in (1, 3):
        with pytest.raises(OSError, match=r"parquet"):
            rows_at(retained, "items", version)


def test_the_rows_of_a_run_that_was_replaced_can_be_brought_back(aged, retained):
    """It was published twice; its rows left the table eight days ago, its date stays."""
    for version in (3, 4):
        rows = rows_at(retained, "recommendations", version)
        assert FIRST.run_id in {row["run_id"] for row in rows}
        assert rows == rows_at(aged, "recommendations", version)


def test_a_rollback_to_it_works_and_nights_that_it_brings_back_expire_again(retained, tmp_path):
    warehouse = copy_of(retained, tmp_path)
    roll_back(warehouse, FIRST.run_id)
    rows = rows_of(warehouse, "recommendations")
    assert {row["run_id"] for row in rows} == {OLDER.run_id, OLD.run_id, FIRST.run_id}
    statuses = {r.run_id: r.status for r in read_runs(warehouse)}
    assert statuses[FIRST.run_id] == "published"
    nights, _ = rows_to_go(plan_retention(warehouse, 7, TODAY, NOW))["recommendations"]
    assert nights == (str(OLDER.run_date), str(OLD.run_date))


def test_what_left_a_table_within_the_days_stays_for_nights_that_run_now(aged, retained):
    """Nobody has recorded that version 1 is read; it was the current one two hours ago."""
    for version in (1, 2):
        expected = rows_at(aged, "interactions", version)
        assert rows_at(retained, "interactions", version) == expected


def test_old_nights_are_gone_from_every_table_and_marked_and_sources_are_whole(aged, retained):
    assert dates_of(retained, "recommendations") == [FIRST.run_date, LAST.run_date]
    assert dates_of(retained, "recommendations_staged") == [REFUSED.run_date]
    told = {row["run_id"] for row in rows_of(retained, "unserved_users")}
    assert told == {r.run_id for r in (FIRST, SECOND, LAST, REFUSED)}
    statuses = {r.run_id: r.status for r in read_runs(retained)}
    assert statuses == {r.run_id: r.status for r in RUNS} | {
        OLDER.run_id: "expired",
        OLD.run_id: "expired",
    }
    for table in ("items", "interactions"):
        assert rows_of(retained, table) == rows_of(aged, table)


def test_a_second_retention_finds_nothing_to_do(retained):
    plan = plan_retention(retained, 7, TODAY, NOW)
    assert plan.expired == ()
    assert [one for one in plan.tables if one.n_rows or one.files] == []


def test_after_a_death_the_next_retention_still_finds_all_rows_of_runs_that_were_marked(
    aged, plan, tmp_path
):
    warehouse = copy_of(aged, tmp_path)

    def die(_line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(warehouse, plan, die)
    statuses = {r.run_id: r.status for r in read_runs(warehouse)}
    assert (statuses[OLD.run_id], statuses[OLDER.run_id]) == ("expired", "expired")
    assert OLD.run_date in dates_of(warehouse, "recommendations")
    again = plan_retention(warehouse, 7, TODAY, NOW)
    assert again.expired == ()
    assert rows_to_go(again) == rows_to_go(plan)
    assert [len(one.files) for one in again.tables] == [len(one.files) for one in plan.tables]


def test_a_night_that_is_published_while_a_retention_runs_stays(aged, plan, tmp_path):
    """Its date is as old as those that expire; the plan has not seen it."""
    warehouse, late = copy_of(aged, tmp_path), run(15, "gg", 2)
    write_night(warehouse, late)
    put_rows(warehouse, "recommendation_runs", [asdict(late)])
    short = {"run_id": late.run_id, "user_id": 1, "n_rows": 0, "reason": "few"}
    put_rows(warehouse, "unserved_users", [short])
    carry_out(warehouse, plan, lambda _: None)
    dates = dates_of(warehouse, "recommendations")
    assert dates == [late.run_date, FIRST.run_date, LAST.run_date]
    assert late.run_id in {row["run_id"] for row in rows_of(warehouse, "unserved_users")}
    statuses = {r.run_id: r.status for r in read_runs(warehouse)}
    assert (statuses[late.run_id], statuses[OLD.run_id]) == ("published", "expired")


def test_a_night_that_is_published_while_a_retention_looks_stays(aged, tmp_path, monkeypatch):
    """It comes when the latest night is known: neither a record nor its rows were seen to stay."""
    warehouse, late, newest = copy_of(aged, tmp_path), run(0, "hh", 5), Warehouse.newest

    def look_and_publish(*words: Any) -> Any:
        found = newest(*words)
        write_night(warehouse, late)
        return found

    monkeypatch.setattr(Warehouse, "newest", look_and_publish)
    much_later = NOW + timedelta(days=100)
    plan = plan_retention(warehouse, 7, much_later.date(), much_later)
    assert plan.kept_dates == (LAST.run_date,)
    assert str(late.run_date) not in by_table(plan)["recommendations"].nights


def test_a_night_that_a_rollback_has_made_the_latest_meanwhile_stays(aged, plan, tmp_path):
    warehouse = copy_of(aged, tmp_path)
    roll_back(warehouse, OLD.run_id)
    before, statuses = dates_of(warehouse, "recommendations"), read_runs(warehouse)
    assert max(before) == OLD.run_date
    with pytest.raises(MarsBatchError, match=f"night of {OLD.run_date} was to expire, and is the"):
        carry_out(warehouse, plan, lambda _: None)
    assert dates_of(warehouse, "recommendations") == before
    assert read_runs(warehouse) == statuses


def test_the_latest_published_night_stays_however_old_with_what_it_has_read(aged):
    much_later = NOW + timedelta(days=100)
    plan = plan_retention(aged, 7, much_later.date(), much_later)
    assert plan.kept_dates == (LAST.run_date,)
    assert {r.run_id for r in plan.expired} == {r.run_id for r in RUNS} - {LAST.run_id}
    tables = by_table(plan)
    assert tables["items"].versions == {5: (LAST.run_id,)}
    assert not names_at(aged, "items", 5) & {file.name for file in tables["items"].files}
    assert str(LAST.run_date) not in tables["recommendations"].nights


def test_a_day_that_has_not_come_is_refused(aged):
    with pytest.raises(SettingsError, match="expected a day until today"):
        plan_retention(aged, 7, TODAY + timedelta(days=1), NOW)


def test_the_command_with_dry_run_says_what_would_go_and_removes_nothing(aged):
    before = files_of(aged)
    options = ["--warehouse", aged.path, "--json", "retain", "--days", "7", "--dry-run"]
    told = CliRunner().invoke(main, options)
    assert told.exit_code == 0, told.output
    facts = json.loads(told.stdout)
    assert facts["expired_runs"] == [OLD.run_id, OLDER.run_id]
    (items,) = (one for one in facts["tables"] if one["table"] == "items")
    assert set(items["versions_kept"]) == {"2", "4", "5"} and len(items["files"]) == 2
    assert files_of(aged) == before


def test_a_number_of_days_below_one_is_refused():
    told = CliRunner().invoke(main, ["retain", "--days", "0"])
    assert told.exit_code == 2
