"""Copies of the shared night for tests that write: Delta tables may be copied as folders.

Sources are changed by another writer of Delta where the import is not what is tested: Spark takes
seconds for each.
"""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from mars_model.bundle.registry import Registry
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
