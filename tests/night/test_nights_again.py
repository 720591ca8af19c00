"""The same date once more: after a failed audit, after a crash, after a success."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from deltalake import DeltaTable

from mars_model.cli.main import main
from mars_model.cli.show import run_text
from mars_model.errors import AuditFailedError
from mars_model.night.run_night import run_night
from mars_model.night.runs import Run, read_runs
from mars_model.tables.warehouse import Warehouse
from tests.conftest import Night, small_settings
from tests.night.conftest import by_user, copy_night, rows_of

pytestmark = pytest.mark.night

# Lists of three never show the whole catalogue.
SHORT = ("scoring.top_n=3", "audit.min_catalogue_share=1.0")


def run_again(
    night: Night,
    *overrides: str,
    skip_published: bool = False,
    say: Callable[[str], None] = lambda line: None,
    accepted: dict[str, str] | None = None,
) -> Run:
    """One more run of the night's date, with other settings if need be."""
    where = night.warehouse, night.registry, small_settings(*overrides), night.run_date
    return run_night(*where, say, skip_published, accepted)


def commits_of(warehouse: Warehouse, table: str) -> list[dict]:
    """The table's log, newest first."""
    return DeltaTable(warehouse.location(table)).history()


@pytest.fixture(scope="module")
def failed(night, tmp_path_factory) -> tuple[Night, AuditFailedError]:
    """Lists that may not be published."""
    copied = copy_night(night, tmp_path_factory.mktemp("failed") / "wh")
    with pytest.raises(AuditFailedError) as raised:
        run_again(copied, *SHORT)
    return copied, raised.value


def test_a_failed_audit_says_so_and_exits_with_four(failed):
    _, error = failed
    assert error.exit_code == 4
    assert "nothing was published" in str(error)
    assert "audit.min_catalogue_share = 1" in str(error)


def test_a_failed_audit_leaves_what_readers_see(failed, night):
    copied, _ = failed
    assert commits_of(copied.warehouse, "recommendations") == commits_of(
        night.warehouse, "recommendations"
    )
    assert by_user(rows_of(copied.warehouse, "recommendations")) == by_user(
        rows_of(night.warehouse, "recommendations")
    )


def test_a_failed_audit_is_recorded_beside_the_night_that_stays(failed, night):
    copied, _ = failed
    runs = {row["run_id"]: row for row in rows_of(copied.warehouse, "recommendation_runs")}
    assert runs.pop(night.run.run_id)["status"] == "published"
    (row,) = runs.values()
    assert (row["status"], row["top_n"]) == ("audit_failed", 3)
    assert dict(row["failures"]) == {"catalogue_share": 0}


def test_the_rows_of_a_failed_audit_stand_in_staging(failed):
    copied, _ = failed
    rows = rows_of(copied.warehouse, "recommendations_staged")
    # Nine users with three rows, user 8 with all two that are left.
    assert len(rows) == 9 * 3 + 2


def test_a_failed_audit_names_items_and_the_query_that_finds_them(failed):
    copied, error = failed
    rows = rows_of(copied.warehouse, "recommendations_staged")
    counts = Counter(row["item_id"] for row in rows)
    first = sorted(counts, key=lambda item: (-counts[item], item))[:3]
    (failure,) = error.details["failures"]
    expected = [{"item_id": item, "n_rows": counts[item]} for item in first]
    assert list(failure["examples"]) == expected
    assert f"for example {expected[0]}; {expected[1]}" in str(error)
    assert f'(mars-batch sql "{failure["sql"]}")' in str(error)
    assert '--accept catalogue_share --reason "…"' in str(error)


@dataclass(frozen=True)
class Accepted:
    """The refused night once more, by somebody who answers for it."""

    night: Night
    run: Run
    commits: list[dict]


@pytest.fixture(scope="module")
def accepted(failed, tmp_path_factory) -> Accepted:
    """With a gate that did not fail beside the one that did, and a check that may never fail."""
    copied = copy_night(failed[0], tmp_path_factory.mktemp("accepted") / "wh")
    gates = {"catalogue_share": "short lists", "overlap": "not asked", "no_liked_item": "never"}
    run = run_again(copied, *SHORT, skip_published=True, accepted=gates)
    return Accepted(copied, run, commits_of(copied.warehouse, "recommendations"))


def test_an_accepted_gate_publishes_the_refused_run_under_its_own_name(accepted, failed, night):
    refused_id = failed[1].details["run_id"]
    assert (accepted.run.run_id, accepted.run.status) == (refused_id, "published")
    assert {r["run_id"] for r in rows_of(accepted.night.warehouse, "recommendations")} == {
        refused_id
    }
    statuses = {run.run_id: run.status for run in read_runs(accepted.night.warehouse)}
    assert statuses == {refused_id: "published", night.run.run_id: "superseded"}


def test_what_was_accepted_and_why_stands_in_record_commit_and_runs(accepted):
    expected = {"catalogue_share": "short lists"}
    assert (accepted.run.accepted, accepted.run.failures) == (expected, {})
    assert json.loads(accepted.commits[0]["userMetadata"])["run"]["accepted"] == expected
    rows = rows_of(accepted.night.warehouse, "recommendation_runs")
    recorded = {row["run_id"]: dict(row["accepted"]) for row in rows}
    assert recorded.pop(accepted.run.run_id) == expected
    assert list(recorded.values()) == [{}]
    told = CliRunner().invoke(main, ["--warehouse", accepted.night.warehouse.path, "runs"])
    assert "catalogue_share (short lists)" in told.output
    assert "accepted: catalogue_share (short lists)" in run_text(accepted.run, "wh")


def test_a_night_that_was_accepted_stands_published_for_the_next_one(accepted):
    assert run_again(accepted.night, *SHORT, skip_published=True) == accepted.run
    assert commits_of(accepted.night.warehouse, "recommendations") == accepted.commits


@pytest.fixture(scope="module")
def killed(night, tmp_path_factory) -> Night:
    """A scoring process that was killed right before its rows; readers had five users' lists."""
    copied = copy_night(night, tmp_path_factory.mktemp("killed") / "wh")
    location = copied.warehouse.location("recommendations")
    copied.warehouse.spark.sql(f"delete from delta.`{location}` where user_id > 5")
    conf = Path(copied.warehouse.path) / "mars-batch.yaml"
    conf.write_text(yaml.safe_dump(copied.settings.model_dump(mode="json", exclude={"warehouse"})))
    command = [
        *(sys.executable, "-c", "from mars_model.cli.main import main; main()"),
        *("--warehouse", copied.warehouse.path),
        *("score", "--run-date", copied.run_date.isoformat()),
    ]
    # The last commit before that of the rows.
    n_unserved = len(commits_of(copied.warehouse, "unserved_users"))
    log = Path(copied.warehouse.location("unserved_users"), "_delta_log")
    with (Path(copied.warehouse.path).parent / "output.txt").open("w") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            while not (log / f"{n_unserved:020d}.json").exists():
                assert process.poll() is None, Path(output.name).read_text()[-2000:]
                time.sleep(0.02)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return copied


@dataclass(frozen=True)
class Recovered:
    """What readers saw after the crash, and the night that ran after it."""

    night: Night
    said: list[str]
    rows_between: list[dict]
    commits_between: list[dict]


@pytest.fixture(scope="module")
def recovered(killed) -> Recovered:
    """The same night once more, to its end: its rows are not those of its record."""
    said: list[str] = []
    rows = rows_of(killed.warehouse, "recommendations")
    commits = commits_of(killed.warehouse, "recommendations")
    run = run_again(killed, skip_published=True, say=said.append)
    return Recovered(replace(killed, run=run), said, rows, commits)


def test_a_killed_night_leaves_what_readers_see(recovered, night):
    expected = [r for r in rows_of(night.warehouse, "recommendations") if r["user_id"] <= 5]
    assert by_user(recovered.rows_between) == by_user(expected)


def test_a_night_whose_rows_are_not_those_of_its_record_says_so(recovered, night):
    n_left = len(recovered.rows_between)
    assert recovered.said[0] == (
        f"run {night.run.run_id}: what stands in recommendations is not what it published: "
        f"{n_left} rows where its record says 38. The date is scored and published anew"
    )
    assert recovered.night.run.rows_hash == night.run.rows_hash


def test_the_next_run_ends_in_the_rows_of_a_night_that_was_never_killed(recovered, night):
    nights = (recovered.night.warehouse, night.warehouse)
    found, expected = (by_user(rows_of(one, "recommendations")) for one in nights)
    assert found == expected
    found, expected = (rows_of(one, "unserved_users") for one in nights)
    assert found == expected
    assert not recovered.night.warehouse.exists("recommendations_staged")


def test_a_repeated_night_has_one_record(recovered, night):
    (row,) = rows_of(recovered.night.warehouse, "recommendation_runs")
    assert (row["run_id"], row["status"]) == (night.run.run_id, "published")
    (first,) = rows_of(night.warehouse, "recommendation_runs")
    same = ("run_id", "run_date", "model_version", "top_n", "min_likes", "counts", "gates")
    assert {name: row[name] for name in same} == {name: first[name] for name in same}
    assert sorted(row["input_versions"]) == sorted(first["input_versions"])


def test_a_night_publishes_by_one_commit_that_names_its_run(recovered, night):
    newest, *before = commits_of(recovered.night.warehouse, "recommendations")
    assert before == recovered.commits_between
    assert newest["version"] == before[0]["version"] + 1
    note = json.loads(newest["userMetadata"])
    assert note["run_id"] == night.run.run_id
    (row,) = rows_of(recovered.night.warehouse, "recommendation_runs")
    for name in ("status", "top_n", "model_version"):
        assert note["run"][name] == row[name]
    for name in ("input_versions", "counts", "gates"):
        assert note["run"][name] == dict(row[name])


def test_a_night_that_stands_published_is_left_as_it_is(recovered):
    warehouse = recovered.night.warehouse
    tables = ("recommendations", "unserved_users", "recommendation_runs", "item_vectors")
    before = {table: commits_of(warehouse, table) for table in tables}
    run = run_again(recovered.night, skip_published=True)
    assert run == recovered.night.run
    assert {table: commits_of(warehouse, table) for table in tables} == before
