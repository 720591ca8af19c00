"""What one more publish of a date changes."""

import json
import shutil

from deltalake import DeltaTable

from mars_model.night.publish import record_unserved
from mars_model.tables.warehouse import Warehouse
from tests.night.conftest import by_user, rows_of


def test_a_publish_is_one_commit_that_names_its_run(republished):
    history = DeltaTable(republished.warehouse.location("recommendations")).history()
    assert len(history) == republished.n_commits_before + 1
    newest = max(history, key=lambda commit: commit["version"])
    assert newest["version"] == republished.n_commits_before
    assert json.loads(newest["userMetadata"])["run_id"] == republished.run.run_id


def test_a_publish_replaces_all_rows_of_its_date(republished, night):
    before = rows_of(night.warehouse, "recommendations")
    expected = [{**r, "run_id": republished.run.run_id} for r in before if r["rank"] <= 2]
    found = rows_of(republished.warehouse, "recommendations")
    assert len(found) == 20
    assert by_user(found) == by_user(expected)


def test_the_lists_before_can_still_be_read_at_their_version(republished, night):
    old = DeltaTable(
        republished.warehouse.location("recommendations"),
        version=republished.n_commits_before - 1,
    )
    rows = old.to_pyarrow_table().to_pylist()
    assert by_user(rows) == by_user(rows_of(night.warehouse, "recommendations"))


def test_one_run_of_a_date_is_published_the_one_before_is_superseded(republished, night):
    rows = rows_of(republished.warehouse, "recommendation_runs")
    status = {row["run_id"]: row["status"] for row in rows}
    assert status == {night.run.run_id: "superseded", republished.run.run_id: "published"}


def test_only_those_who_saw_nearly_everything_have_a_reason_for_a_short_list(republished):
    # All have two rows of four; user 8 alone has no third item to be shown (12 less 10 liked).
    found = [
        (r["user_id"], r["n_rows"], r["reason"])
        for r in rows_of(republished.warehouse, "unserved_users")
        if r["run_id"] == republished.run.run_id
    ]
    assert found == [(8, 2, "fewer_unseen_items_than_n")]


def test_a_user_who_liked_nearly_everything_is_recorded_by_the_night(night):
    rows = [tuple(row.values()) for row in rows_of(night.warehouse, "unserved_users")]
    assert rows == [(night.run.run_id, 8, 2, "fewer_unseen_items_than_n")]


def test_a_run_without_short_lists_takes_back_the_reasons_of_an_earlier_try(republished, tmp_path):
    path = shutil.copytree(republished.warehouse.path, tmp_path / "wh")
    warehouse = Warehouse(republished.warehouse.spark, str(path))
    for _ in range(2):  # the second has nothing to take back
        record_unserved(warehouse, republished.run, None)
    run_ids = {row["run_id"] for row in rows_of(warehouse, "unserved_users")}
    assert len(run_ids) == 1 and republished.run.run_id not in run_ids
