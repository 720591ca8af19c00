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


@dataclass(frozen=True)
class Step:
    """A table that is made from others: its rows, and what they are made from."""

    table: str
    rows: DataFrame
    made_from: dict[str, Any]

    def is_current(self, warehouse: Warehouse) -> bool:
        """Whether the table already holds these rows."""
        return warehouse.provenance(self.table) == self.made_from


def documents_step(warehouse: Warehouse, settings: Settings) -> Step:
    """items → item_documents."""
    version = warehouse.version("items")
    made_from = {
        "inputs": {"items": version},
        "settings": settings.documents.model_dump(mode="json", exclude={"min_occurrences"}),
    }
    items = warehouse.read("items", version)
    return Step("item_documents", item_documents(items, settings.documents), made_from)


def histories_step(warehouse: Warehouse, settings: Settings, run_date: date) -> Step:
    """interactions before the run date → user_histories."""
    version = warehouse.version("interactions")
    made_from = {
        "inputs": {"interactions": version},
        "run_date": run_date.isoformat(),
        "settings": {"min_rating": settings.likes.min_rating},
    }
    interactions = warehouse.read("interactions", version)
    rows = user_histories(interactions, run_date, settings.likes)
    return Step("user_histories", rows, made_from)


def build_documents(warehouse: Warehouse, settings: Settings) -> Built:
    """Bring item_documents up to date."""
    return _build(warehouse, documents_step(warehouse, settings))


def build_histories(warehouse: Warehouse, settings: Settings, run_date: date) -> Built:
    """Bring user_histories up to date for a run date."""
    return _build(warehouse, histories_step(warehouse, settings, run_date))


def _build(warehouse: Warehouse, step: Step) -> Built:
    was_current = step.is_current(warehouse)
    if not was_current:
        warehouse.create(step.table)
        warehouse.overwrite(step.table, step.rows, step.made_from)
    n_rows = warehouse.read(step.table).count()
    return Built(step.table, warehouse.version(step.table), n_rows, was_current)
