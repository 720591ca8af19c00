"""A copy of the shared night for tests that write: Delta tables may be copied as folders."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from deltalake import DeltaTable
from pyspark.sql import DataFrame

from mars_model.night.publish import publish, record_unserved, stage
from mars_model.night.runs import Run, read_runs, record_published
from mars_model.tables.warehouse import Warehouse
from tests.conftest import Night

LIST_COLUMNS = ("user_id", "rank", "item_id", "score", "source", "because")


def rows_of(warehouse: Warehouse, table: str) -> list[dict]:
    """A table's rows, read without Spark."""
    return DeltaTable(warehouse.location(table)).to_pyarrow_table().to_pylist()


def copy_warehouse(warehouse: Warehouse, folder: Path) -> Warehouse:
    """The same tables in another folder."""
    return Warehouse(warehouse.spark, str(shutil.copytree(warehouse.path, folder / "copy")))


@dataclass(frozen=True)
class Republished:
    """A copy of the night, and lists of two rows published over it by another run."""

    warehouse: Warehouse
    run: Run
    n_commits_before: int
    unserved: DataFrame


@pytest.fixture(scope="session")
def republished(night: Night, tmp_path_factory: pytest.TempPathFactory) -> Republished:
    """The night's own lists, cut after the second row, in its place."""
    warehouse = copy_warehouse(night.warehouse, tmp_path_factory.mktemp("republished"))
    run = replace(night.run, run_id="2026-03-01-00000000")
    n_commits = len(DeltaTable(warehouse.location("recommendations")).history())
    lists = night.warehouse.read("recommendations").where("rank <= 2").select(*LIST_COLUMNS)
    stage(warehouse, run, lists)
    histories, items = warehouse.read("user_histories"), warehouse.read("items")
    unserved = record_unserved(warehouse, run, histories, items.select("item_id"))
    publish(warehouse, run)
    record_published(warehouse, run, read_runs(warehouse))
    return Republished(warehouse, run, n_commits, unserved)
