"""A night reads one moment and writes once: what happens around it, or stops it, changes no row."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from deltalake import DeltaTable

from mars_model.errors import InputDataError, MarsBatchError
from mars_model.importing.import_files import merge_files
from mars_model.night import runs
from mars_model.night.run_night import run_night
from mars_model.night.runs import Run, read_runs
from mars_model.tables.warehouse import Warehouse
from tests.conftest import RUN_DATE, Night, small_settings
from tests.night.conftest import by_user, copy_night, rows_of

pytestmark = pytest.mark.night

NEXT_DATE = date(2026, 3, 2)
COLUMNS = ("user_id", "rank", "item_id", "score", "source", "because")
DERIVED = ("item_documents", "user_histories", "item_vectors")
# A column of each table to sort its files by: to store one file anew takes a reason.
SORTED_BY = {
    **dict.fromkeys(("items", "item_documents", "item_vectors"), "item_id"),
    **dict.fromkeys(("interactions", "user_histories", "recommendations"), "user_id"),
    "unserved_users": "user_id",
    "recommendation_runs": "run_id",
}
# Spark tidies these; another writer of Delta the others, in a tenth of the time.
BY_SPARK = ("interactions", "item_documents")


def run_again(
    night: Night,
    *overrides: str,
    run_date: date = RUN_DATE,
    say: Callable[[str], None] = lambda line: None,
    skip_published: bool = False,
    repin: bool = False,
) -> Run:
    settings = small_settings(*overrides)
    where = night.warehouse, night.registry, settings, run_date
    return run_night(*where, say, skip_published, repin=repin)


def lists_of(warehouse: Warehouse, run_date: date = RUN_DATE, top_n: int = 4) -> list[list]:
    """What readers see of a date, down to a rank."""
    rows = by_user(rows_of(warehouse, "recommendations"))
    seen = [row for row in rows if row["run_date"] == run_date and row["rank"] <= top_n]
    return [[row[name] for name in COLUMNS] for row in seen]


def versions_of(warehouse: Warehouse) -> dict[str, int]:
    """Of every table that is there."""
    folders = [path.parent for path in Path(warehouse.path).glob("*/_delta_log")]
    return {folder.name: DeltaTable(folder).version() for folder in folders}


def assert_one_whole_night(night: Night, expected: Night) -> Run:
    """A date's rows are those of one run, all of them, and the records say which."""
    (run_id,) = {row["run_id"] for row in rows_of(night.warehouse, "recommendations")}
    (run,) = [one for one in read_runs(night.warehouse) if one.status == "published"]
    assert run.run_id == run_id
    assert lists_of(night.warehouse) == lists_of(expected.warehouse, top_n=run.top_n)
    assert run.counts["rows"] == len(lists_of(night.warehouse))
    return run


def write_items(path: Path, texts: dict[int, str]) -> str:
    lines = ["item_id,title,text", *(f'{i},"Title {i}","{text}"' for i, text in texts.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def write_likes(path: Path, user: int, items: list[int]) -> str:
    lines = ["user_id,item_id,rating,interacted_at"]
    lines += [f"{user},{item},5,2026-02-{n:02d} 10:00:00" for n, item in enumerate(items, 1)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def tidied(night, tmp_path_factory) -> Night:
    """Every table stored anew and vacuumed, as people do between two nights."""
    copied = copy_night(night, tmp_path_factory.mktemp("tidied") / "wh")
    spark = copied.warehouse.spark
    settings = {
        "spark.databricks.delta.retentionDurationCheck.enabled": "false",
        "spark.databricks.delta.vacuum.logging.enabled": "true",
    }
    for name, value in settings.items():
        spark.conf.set(name, value)
    for table, column in SORTED_BY.items():
        location = copied.warehouse.location(table)
        if table in BY_SPARK:
            spark.sql(f"optimize delta.`{location}` zorder by ({column})")
            spark.sql(f"vacuum delta.`{location}` retain 0 hours")
        else:
            DeltaTable(location).optimize.z_order([column])
            DeltaTable(location).vacuum(0, dry_run=False, enforce_retention_duration=False)
    for name in settings:
        spark.conf.unset(name)
    return copied


def test_a_night_after_optimize_and_vacuum_of_every_table_redoes_nothing(tidied, night):
    warehouse = tidied.warehouse
    assert set(versions_of(warehouse)) - set(SORTED_BY) <= {"rejected_rows"}
    for table in SORTED_BY:
        done = [entry["operation"] for entry in DeltaTable(warehouse.location(table)).history()]
        assert done[:3] == ["VACUUM END", "VACUUM START", "OPTIMIZE"], table
    before, said = versions_of(warehouse), []
    skipped = run_again(tidied, say=said.append, skip_published=True)
    assert skipped.run_id == night.run.run_id
    assert said == [f"run {night.run.run_id} stands published already"]
    assert versions_of(warehouse) == before
    run = run_again(tidied)
    assert run.run_id == night.run.run_id
    after = versions_of(warehouse)
    assert {table: after[table] for table in DERIVED} == {t: before[t] for t in DERIVED}
    assert lists_of(warehouse) == lists_of(night.warehouse)


def test_a_night_after_items_were_deleted_and_others_imported_scores_the_others(night, tmp_path):
    copied = copy_night(night, tmp_path / "wh")
    shutil.rmtree(copied.warehouse.location("items"))
    texts = {101: "A chef cooks soup", 102: "A rival rocket", 201: "A crew in orbit"}
    texts |= {401: "An astronaut in a crowded kitchen", 402: "A distant planet", 403: "A chef"}
    merge_files(copied.warehouse, night.settings, write_items(tmp_path / "i.csv", texts), None)
    assert copied.warehouse.version("items") == night.run.input_versions["items"]
    said: list[str] = []
    assert run_again(copied, say=said.append, skip_published=True) == night.run
    assert said == [
        f"inputs moved on since run {night.run.run_id} (items was deleted and made anew): its own "
        "are read, --repin takes those of now",
        f"run {night.run.run_id} stands published already",
    ]
    with pytest.raises(InputDataError, match="items was deleted and made anew"):
        run_again(copied)
    run = run_again(copied, skip_published=True, repin=True)
    assert run.run_id != night.run.run_id
    assert {row["item_id"] for row in rows_of(copied.warehouse, "item_documents")} == set(texts)
    served: dict[int, set[int]] = {}
    for user, _, item, *_ in lists_of(copied.warehouse):
        served.setdefault(user, set()).add(item)
    assert set().union(*served.values()) <= set(texts)
    assert served[8] == {401, 402, 403}  # who liked the others of them


@pytest.mark.long
def test_an_import_that_lands_in_the_middle_of_a_night_changes_nothing(night, tmp_path):
    copied = copy_night(night, tmp_path / "wh")
    landed = []

    def say(line: str) -> None:
        if line in ("encode-items …", "collect …", "score …"):
            n = len(landed)
            landed.append(line)
            items = write_items(tmp_path / "items.csv", {401 + n: "A chef", 101: "Another text"})
            likes = write_likes(tmp_path / "likes.csv", 11 + n, [101, 401 + n, 102])
            merge_files(copied.warehouse, night.settings, items, likes)

    run = run_again(copied, run_date=NEXT_DATE, say=say)
    assert len(landed) == 3
    # Nobody liked anything between the two dates.
    assert lists_of(copied.warehouse, NEXT_DATE) == lists_of(night.warehouse)
    assert {t: run.input_versions[t] for t in ("items", "interactions")} == {
        t: night.run.input_versions[t] for t in ("items", "interactions")
    }
    said: list[str] = []
    assert run_again(copied, run_date=NEXT_DATE, say=said.append, skip_published=True) == run
    assert said[0].startswith(f"inputs moved on since run {run.run_id} (items from version 1 to 4;")
    other_texts = "audit.max_score_shift=100"
    again = {"run_date": NEXT_DATE, "skip_published": True}
    after = run_again(copied, other_texts, repin=True, **again)
    assert after.run_id != run.run_id
    assert {11, 12, 13} <= {user for user, *_ in lists_of(copied.warehouse, NEXT_DATE)}
    assert_repaired_as_it_was(copied, night)


def assert_repaired_as_it_was(copied: Night, night: Night) -> None:
    """Rows of the first date that were lost come back, though inputs and made tables moved on."""
    location = copied.warehouse.location("recommendations")
    DeltaTable(location).delete("run_date = '2026-03-01' and user_id > 3")
    before, said = versions_of(copied.warehouse), []
    vacuumed = DeltaTable(copied.warehouse.location("user_histories"))
    vacuumed.vacuum(0, dry_run=False, enforce_retention_duration=False)
    run = run_again(copied, say=said.append, skip_published=True)
    assert "12 rows where its record says 38" in said[1]
    rows = [r for r in rows_of(copied.warehouse, "recommendations") if r["run_date"] == RUN_DATE]
    assert by_user(rows) == by_user(rows_of(night.warehouse, "recommendations"))
    assert (run.run_id, run.rows_hash) == (night.run.run_id, night.run.rows_hash)
    # Documents and vectors are read as they were, histories were vacuumed and are made anew.
    after = versions_of(copied.warehouse)
    written = {table for table in after if after[table] != before[table]}
    assert written - {"user_histories"} == {"recommendations", "recommendation_runs"} | (
        written & {"unserved_users"}
    )
    assert run.input_versions["item_documents"] == night.run.input_versions["item_documents"]


def test_a_night_that_runs_while_another_publishes_leaves_one_of_both_whole(night, tmp_path):
    copied = copy_night(night, tmp_path / "wh")
    inner = []

    def say(line: str) -> None:
        if line == "publish …":
            inner.append(run_again(copied, "scoring.top_n=2"))

    outer = run_again(copied, "scoring.top_n=3", say=say)
    assert inner and outer.run_id != inner[0].run_id
    # It wrote last.
    assert assert_one_whole_night(copied, night).run_id == outer.run_id
    statuses = {one.run_id: one.status for one in read_runs(copied.warehouse)}
    assert statuses[inner[0].run_id] == statuses[night.run.run_id] == "superseded"


def test_of_two_nights_that_publish_at_once_one_stands_whole(night, tmp_path):
    copied = copy_night(night, tmp_path / "wh")
    shutil.rmtree(copied.warehouse.location("recommendations"))
    shutil.rmtree(copied.warehouse.location("recommendation_runs"))
    copied.warehouse.create("recommendations")
    at_once = Barrier(2)
    published: dict[int, Run] = {}
    refused: list[MarsBatchError] = []
    broken: list[BaseException] = []

    def say(line: str) -> None:
        if line == "publish …":
            at_once.wait(timeout=300)

    def run(top_n: int) -> None:
        try:
            published[top_n] = run_again(copied, f"scoring.top_n={top_n}", say=say)
        except MarsBatchError as error:
            refused.append(error)
        except BaseException as error:  # of a thread: it would be lost
            broken.append(error)
            at_once.abort()

    threads = [Thread(target=run, args=(top_n,)) for top_n in (2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [error for error in broken if not isinstance(error, BrokenBarrierError)] == []
    assert len(published) + len(refused) == 2 and published
    for error in refused:
        assert "another run wrote it at the same time" in str(error)
    standing = assert_one_whole_night(copied, night)
    assert standing.run_id in {run.run_id for run in published.values()}


def test_a_crash_at_any_step_leaves_the_old_night_and_a_restart_ends_in_the_same_rows(
    night, tmp_path
):
    copied = copy_night(night, tmp_path / "wh")
    steps = [*night.run.durations_s]
    assert steps[0] == "build-documents" and steps[-1] == "publish" and len(steps) == 7
    for step in steps:

        def say(line: str, at: str = f"{step} …") -> None:
            if line == at:
                raise RuntimeError(at)

        with pytest.raises(RuntimeError, match=step):
            run_again(copied, "scoring.top_n=3", say=say)
        assert lists_of(copied.warehouse) == lists_of(night.warehouse), step
        assert read_runs(copied.warehouse) == read_runs(night.warehouse), step
    run = run_again(copied, "scoring.top_n=3")
    assert assert_one_whole_night(copied, night) == run


def test_a_run_that_died_before_its_record_was_written_gets_it_from_the_next_one(
    night, tmp_path, monkeypatch
):
    copied = copy_night(night, tmp_path / "wh")

    def die(*_: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched, pytest.raises(RuntimeError, match="the power went"):
        patched.setattr(runs, "record", die)
        run_again(copied, "scoring.top_n=3")
    before = {row["run_id"]: row for row in rows_of(copied.warehouse, "recommendation_runs")}
    assert set(before) == {night.run.run_id}
    # What readers see is the new night, and so say the records.
    died = assert_one_whole_night(copied, night)
    assert died.run_id != night.run.run_id and died.top_n == 3

    said: list[str] = []
    run = run_again(copied, "scoring.top_n=3", say=said.append, skip_published=True)
    assert run == died
    assert said[0].startswith(f"run {died.run_id} had died after it was published")
    rows = {row["run_id"]: row for row in rows_of(copied.warehouse, "recommendation_runs")}
    assert {run_id: row["status"] for run_id, row in rows.items()} == {
        died.run_id: "published",
        night.run.run_id: "superseded",
    }
    assert dict(rows[died.run_id]["counts"]) == died.counts
    both = [died, replace(night.run, status="superseded")]
    assert read_runs(copied.warehouse) == sorted(both, key=lambda one: one.run_id)
