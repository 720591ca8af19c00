"""Copies of the shared night for tests that write: Delta tables may be copied as folders."""

import shutil
from dataclasses import replace
from pathlib import Path

from deltalake import DeltaTable

from mars_model.bundle.registry import Registry
from mars_model.tables.warehouse import Warehouse
from tests.conftest import Night


def rows_of(warehouse: Warehouse, table: str) -> list[dict]:
    """A table's rows, read without Spark."""
    return DeltaTable(warehouse.location(table)).to_pyarrow_table().to_pylist()


def by_user(rows: list[dict]) -> list[dict]:
    """Lists in the order people read them."""
    return sorted(rows, key=lambda row: (row["user_id"], row["rank"]))


def copy_night(night: Night, folder: Path) -> Night:
    """The published night in a folder of its own."""
    path = shutil.copytree(night.warehouse.path, folder)
    warehouse = Warehouse(night.warehouse.spark, str(path))
    return replace(night, warehouse=warehouse, registry=Registry(folder / "models"))
