"""Runs build-documents and build-histories: each does nothing where its table is current."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import DataFrame

from mars_model.features.documents import item_documents
from mars_model.features.histories import user_histories
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse


@dataclass(frozen=True)
class Built:
    """A table that is now current."""

    table: str
    version: int
    n_rows: int
    was_current: bool


def build_documents(warehouse: Warehouse, settings: Settings) -> Built:
    """items → item_documents."""
    version = warehouse.version("items")
    made_from = {
        "inputs": {"items": version},
        "settings": settings.documents.model_dump(mode="json", exclude={"min_occurrences"}),
    }
    items = warehouse.read("items", version)
    rows = item_documents(items, settings.documents)
    return _build(warehouse, "item_documents", rows, made_from)


def build_histories(warehouse: Warehouse, settings: Settings, run_date: date) -> Built:
    """interactions before the run date → user_histories."""
    version = warehouse.version("interactions")
    made_from = {
        "inputs": {"interactions": version},
        "run_date": run_date.isoformat(),
        "settings": {"min_rating": settings.likes.min_rating},
    }
    interactions = warehouse.read("interactions", version)
    rows = user_histories(interactions, run_date, settings.likes)
    return _build(warehouse, "user_histories", rows, made_from)


def _build(warehouse: Warehouse, table: str, rows: DataFrame, made_from: dict[str, Any]) -> Built:
    was_current = warehouse.provenance(table) == made_from
    if not was_current:
        warehouse.create(table)
        warehouse.overwrite(table, rows, made_from)
    n_rows = warehouse.read(table).count()
    return Built(table, warehouse.version(table), n_rows, was_current)
