"""What tables' files say without Spark is what Spark says, wherever they lie."""

import shutil
from pathlib import Path

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from mars_model.tables.contracts import IdTypes
from mars_model.tables.delta_files import local_folder
from mars_model.tables.pin import TablePin
from mars_model.tables.warehouse import Warehouse

IDS = IdTypes("bigint", "bigint")
MADE_FROM = {"inputs": {"interactions": ["c0", 4]}, "run_date": "2026-03-01"}
MAINTENANCE = (
    "optimize {table}",
    "vacuum {table} retain 168 hours",
    "alter table {table} set tblproperties ('kept.by' = 'us')",
    "alter table {table} unset tblproperties ('kept.by')",
    "alter table {table} add constraint positive check (user_id > 0)",
    "alter table {table} drop constraint positive",
    "alter table {table} alter column rating comment 'stars'",
)


@pytest.mark.parametrize(
    ("location", "folder"),
    [
        ("/data/wh/items", "/data/wh/items"),
        ("wh/items", "wh/items"),
        ("file:///data/ä 'b' (c)/items", "/data/ä 'b' (c)/items"),
        ("file:/data/items", "/data/items"),
        ("s3a://bucket/items", None),
        ("hdfs://data/items", None),
        *((f"/data/wh{strange}/items", None) for strange in "[]#%?\\^|\t"),
    ],
)
def test_a_location_on_this_machine_has_a_folder_if_deltalake_takes_its_name(location, folder):
    assert local_folder(location) == (folder and Path(folder))


def name_of(warehouse: Warehouse, table: str = "interactions") -> str:
    return f"delta.`{warehouse.location(table)}`"


def write_pairs(
    warehouse: Warehouse, pairs: list[tuple], note: dict | None = None, n_files: int = 1
) -> None:
    """Rows of interactions, by Spark."""
    warehouse.create("interactions", IDS)
    schema = "user_id bigint, item_id bigint, rating double, interacted_at timestamp"
    rows = [(*pair, None, None) for pair in pairs]
    frame = warehouse.spark.createDataFrame(rows, schema).repartition(n_files)
    warehouse.overwrite("interactions", frame, note)


def pin_of(warehouse: Warehouse) -> TablePin:
    return warehouse.pin("interactions")["interactions"]


def read_all(warehouse: Warehouse):
    """All that is asked of a table, its rows at its newest version and at one before."""
    columns = ("user_id", "item_id")
    reads = ((None, {}), (None, {"user_id": 3}), (1, {}))
    rows = [
        sorted(
            tuple(row.values())
            for row in warehouse.read_arrow("interactions", columns, version, where).to_pylist()
        )
        for version, where in reads
    ]
    table = "interactions"
    return pin_of(warehouse), warehouse.commits(table), rows, warehouse.is_synthetic()


@pytest.mark.parametrize(
    ("root", "name", "has_deletion_vectors"),
    [
        ("", 'night\'s "own" ä (tables)', True),
        ("file://", 'night\'s "own" ä (tables)', False),
        ("file://", "night's [own] 50%25 #tables?", True),
    ],
    ids=["path", "location", "of a name for Spark only"],
)
def test_a_table_is_the_same_by_its_files_and_through_spark(
    spark: SparkSession, tmp_path: Path, monkeypatch, root: str, name: str, has_deletion_vectors
) -> None:
    warehouse = Warehouse(spark, f"{root}{tmp_path}/{name}")
    warehouse.create("items", IDS)
    warehouse.mark_synthetic()
    write_pairs(warehouse, [(user, 10 * user) for user in range(1, 6)], MADE_FROM)
    if has_deletion_vectors:
        spark.sql(
            f"alter table {name_of(warehouse)} set tblproperties "
            "('delta.enableDeletionVectors' = 'true')"
        )
    spark.sql(f"delete from {name_of(warehouse)} where user_id = 2")

    by_files = read_all(warehouse)
    monkeypatch.setattr(Warehouse, "_folder", lambda self, table: None)
    assert read_all(warehouse) == by_files
    pinned, commits, rows, is_synthetic = by_files
    kept = [(1, 10), (3, 30), (4, 40), (5, 50)]
    assert rows == [kept, [(3, 30)], sorted([*kept, (2, 20)])]
    assert is_synthetic
    assert pinned.note is None  # the delete was no commit of ours
    assert [commit.note for commit in commits if commit.version == 1] == [MADE_FROM]


def test_a_table_that_is_not_there_is_missing_either_way(warehouse: Warehouse, monkeypatch) -> None:
    assert not warehouse.exists("items")
    monkeypatch.setattr(Warehouse, "_folder", lambda self, table: None)
    assert not warehouse.exists("items")


def test_a_table_made_again_is_another_one_at_the_same_version(warehouse: Warehouse) -> None:
    pairs = [(1, 10)]
    write_pairs(warehouse, pairs, MADE_FROM)
    before = pin_of(warehouse)
    shutil.rmtree(warehouse.location("interactions"))
    write_pairs(warehouse, pairs, MADE_FROM)
    after = pin_of(warehouse)
    assert (after.version, after.note) == (before.version, before.note)
    assert after.identity != before.identity


def test_maintenance_changes_the_version_and_neither_identity_nor_note(
    warehouse: Warehouse,
) -> None:
    write_pairs(warehouse, [(user, 10) for user in range(1, 41)], MADE_FROM, n_files=2)
    written = pin_of(warehouse)
    logs = "spark.databricks.delta.vacuum.logging.enabled"
    warehouse.spark.conf.set(logs, "true")
    try:
        for statement in MAINTENANCE:
            version = pin_of(warehouse).version
            warehouse.spark.sql(statement.format(table=name_of(warehouse)))
            found = pin_of(warehouse)
            assert found.version > version, statement
            assert (found.identity, found.note) == (written.identity, MADE_FROM), statement
    finally:
        warehouse.spark.conf.unset(logs)
    warehouse.append("interactions", [{"user_id": 3, "item_id": 30}])
    after = pin_of(warehouse)
    assert after.identity == [written.table_id, after.version]
    assert after.note is None


@pytest.mark.parametrize("is_local", [True, False])
def test_a_version_is_what_the_table_was_then_whatever_was_committed_since(
    warehouse: Warehouse, monkeypatch, is_local: bool
) -> None:
    notes = [{"inputs": {"items": [letter, n]}} for n, letter in enumerate("abc", start=1)]
    for n, note in enumerate(notes, start=1):
        write_pairs(warehouse, [(n, 10)], note)
    if not is_local:
        monkeypatch.setattr(Warehouse, "_folder", lambda self, table: None)
    now = warehouse.pin_table("interactions")
    for version, note in enumerate(notes, start=now.version - 2):
        found = warehouse.pin_table_at("interactions", version)
        assert found is not None
        assert (found.version, found.rows_version, found.note) == (version, version, note)
        assert found.table_id == now.table_id
    assert warehouse.pin_table_at("interactions", now.version + 1) is None
    assert warehouse.pin_table_at("excluded_items", 0) is None
    DeltaTable(warehouse.location("interactions")).vacuum(0, False, False)
    assert warehouse.pin_table_at("interactions", now.version - 1) is None
    assert warehouse.pin_table_at("interactions", now.version) is not None
