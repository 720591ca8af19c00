"""Copies of the shared night for tests that write: Delta tables may be copied as folders.

Sources are changed by another writer of Delta where the import is not what is tested: Spark takes
seconds for each.
"""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.bundle.registry import Registry
from mars_model.night.audited import published_view
from mars_model.night.publish import publish, record_unserved, unserved_users
from mars_model.night.publish import rows_of as rows_to_publish
from mars_model.night.runs import Run, record
from mars_model.tables.contracts import IdTypes
from mars_model.tables.warehouse import Warehouse
from tests.conftest import Night
from tests.scoring.conftest import attention_of, make_catalogue, tanh_vectors  # noqa: F401


def rows_of(warehouse: Warehouse, table: str) -> list[dict]:
    """A table's rows, read without Spark."""
    return DeltaTable(warehouse.location(table)).to_pyarrow_table().to_pylist()


NUMBERS = IdTypes("bigint", "bigint")


def put_rows(
    warehouse: Warehouse, table: str, rows: list[dict[str, Any]], ids: IdTypes = NUMBERS
) -> None:
    """Replace all rows of a table, made where it is missing; other columns are null."""
    has_sources = warehouse.exists("items") and warehouse.exists("interactions")
    warehouse.create(table, None if has_sources else ids)
    location = warehouse.location(table)
    schema = pa.schema(DeltaTable(location).schema())
    write_deltalake(location, pa.Table.from_pylist(rows, schema=schema), mode="overwrite")


def by_user(rows: list[dict]) -> list[dict]:
    """Lists in the order people read them."""
    return sorted(rows, key=lambda row: (row["user_id"], row["rank"]))


def copy_night(night: Night, folder: Path) -> Night:
    """The published night in a folder of its own."""
    path = shutil.copytree(night.warehouse.path, folder)
    warehouse = Warehouse(night.warehouse.spark, str(path))
    return replace(night, warehouse=warehouse, registry=Registry(folder / "models"))


def copy_sources(night: Night, folder: Path) -> Warehouse:
    """A warehouse with the night's items and interactions, and nothing made from them."""
    for table in ("items", "interactions"):
        shutil.copytree(night.warehouse.location(table), folder / table)
    return Warehouse(night.warehouse.spark, str(folder))


@dataclass(frozen=True)
class Republished:
    """A copy of the night, and lists of two rows published over it by another run."""

    warehouse: Warehouse
    run: Run
    n_commits_before: int


def lists_of(night: Night, where: str) -> DataFrame:
    """The night's lists, of those rows, one row per user as if they were scored just now."""
    warehouse, versions = night.warehouse, night.run.input_versions
    rows = warehouse.read("recommendations").where(where)
    nobody = warehouse.read("unserved_users").limit(0)
    users = published_view(warehouse, versions, rows, nobody, night.run.top_n)
    return users.select("user_id", "item_ids", "source", "list")


@pytest.fixture(scope="session")
def republished(night: Night, tmp_path_factory: pytest.TempPathFactory) -> Republished:
    """The night's own lists, cut after the second row, in its place."""
    warehouse = copy_night(night, tmp_path_factory.mktemp("republished") / "wh").warehouse
    run = replace(night.run, run_id="2026-03-01-00000000", gates={"mean_score": 0.1})
    n_commits = len(DeltaTable(warehouse.location("recommendations")).history())
    lists = lists_of(night, "rank <= 2")
    short = lists.select(
        "user_id", "item_ids", F.size("list").alias("n_rows"), F.lit(0).alias("segment")
    )
    items = warehouse.read("items").select("item_id")
    record_unserved(warehouse, run, unserved_users(short, items, None, run))
    publish(warehouse, run, rows_to_publish(lists, run))
    record(warehouse, run)
    return Republished(warehouse, run, n_commits)
