"""Brings documents, histories and vectors up to date with what a run has pinned."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.bundle.registry import Bundle
from mars_model.errors import InputDataError
from mars_model.features.documents import item_documents
from mars_model.features.histories import user_histories
from mars_model.night.encode import new_item_vectors
from mars_model.settings import Settings
from mars_model.tables.contracts import OPTIONAL_SOURCES
from mars_model.tables.pin import Pin
from mars_model.tables.warehouse import Warehouse

SOURCES = ("items", "interactions")
DERIVED = ("item_documents", "user_histories", "item_vectors")


@dataclass(frozen=True)
class Step:
    """A table that is made from others: what from, and its rows, computed when asked for."""

    table: str
    made_from: dict[str, Any]
    rows: Callable[[], DataFrame]

    def is_current(self, pin: Pin) -> bool:
        """Whether the pinned table holds these rows."""
        return self.table in pin and pin[self.table].note == self.made_from

    def with_rows(self, rows: DataFrame) -> "Step":
        """The same step with its rows at hand."""
        return replace(self, rows=lambda: rows)


@dataclass(frozen=True)
class Built:
    """A table that is now current."""

    table: str
    version: int
    n_rows: int
    was_current: bool


def pin_inputs(warehouse: Warehouse) -> Pin:
    """Every table that a night reads, as it is now.

    Raises InputDataError where items or interactions are not there.
    """
    pin = warehouse.pin(*SOURCES, *OPTIONAL_SOURCES, *DERIVED)
    missing = [table for table in SOURCES if table not in pin]
    if missing:
        raise InputDataError("; ".join(warehouse.how_to_make(table) for table in missing))
    return pin


def documents_step(warehouse: Warehouse, settings: Settings, pin: Pin) -> Step:
    """items → item_documents."""
    made_from = {
        "inputs": pin.identities("items"),
        "settings": settings.documents.model_dump(mode="json", exclude={"min_occurrences"}),
    }

    def rows() -> DataFrame:
        return item_documents(warehouse.read("items", pin["items"].version), settings.documents)

    return Step("item_documents", made_from, rows)


def histories_step(warehouse: Warehouse, settings: Settings, run_date: date, pin: Pin) -> Step:
    """interactions before the run date → user_histories."""
    made_from = {
        "inputs": pin.identities("interactions"),
        "run_date": run_date.isoformat(),
        "settings": {"min_rating": settings.likes.min_rating},
    }

    def rows() -> DataFrame:
        interactions = warehouse.read("interactions", pin["interactions"].version)
        return user_histories(interactions, run_date, settings.likes)

    return Step("user_histories", made_from, rows)


def bring_up_to_date(warehouse: Warehouse, step: Step, pin: Pin) -> Pin:
    """Write the step's table where it is behind; the pin with the table as it is then."""
    if step.is_current(pin):
        return pin
    warehouse.create(step.table, pin.id_types())
    warehouse.overwrite(step.table, step.rows(), step.made_from)
    written = warehouse.pin(step.table)[step.table]
    if written.note != step.made_from:  # another run has written since: ours stands before it
        commits = warehouse.commits(step.table)
        ours = next(c.version for c in commits if c.note == step.made_from)
        written = replace(written, version=ours, rows_version=ours, note=step.made_from)
    return pin.with_table(step.table, written)


def encode_missing(warehouse: Warehouse, bundle: Bundle, pin: Pin) -> tuple[Pin, int]:
    """Vectors for the texts that the model has not read yet, and how many these were."""
    warehouse.create("item_vectors", pin.id_types())
    documents = warehouse.read("item_documents", pin["item_documents"].version)
    pinned = pin.tables.get("item_vectors")
    if pinned is not None and pinned.version < warehouse.version("item_vectors"):
        then = warehouse.read("item_vectors", pinned.version)
        if not _count_missing(documents, then, bundle):  # a re-run: all is there as it was
            return pin, 0
    vectors = warehouse.read("item_vectors")
    n_new = _count_missing(documents, vectors, bundle)
    if n_new:
        rows = new_item_vectors(documents, vectors, bundle)
        warehouse.merge("item_vectors", rows, ("model_version", "item_id"))
    return pin.with_table("item_vectors", warehouse.pin("item_vectors")["item_vectors"]), n_new


def _count_missing(documents: DataFrame, vectors: DataFrame, bundle: Bundle) -> int:
    held = vectors.where(F.col("model_version") == bundle.model_version)
    return documents.join(held, ["item_id", "text_hash"], "left_anti").count()


def build_documents(warehouse: Warehouse, settings: Settings) -> Built:
    """Bring item_documents up to date with the newest items."""
    return _build(warehouse, lambda pin: documents_step(warehouse, settings, pin), "items")


def build_histories(warehouse: Warehouse, settings: Settings, run_date: date) -> Built:
    """Bring user_histories up to date with the newest interactions, for a run date."""

    def step(pin: Pin) -> Step:
        return histories_step(warehouse, settings, run_date, pin)

    return _build(warehouse, step, "interactions")


def encode_items(warehouse: Warehouse, bundle: Bundle) -> Built:
    """Bring item_vectors of the bundle's model up to date; `n_rows` are the new ones."""
    warehouse.version("item_documents")  # says what makes it where it is missing
    pin, n_new = encode_missing(warehouse, bundle, warehouse.pin(*SOURCES, "item_documents"))
    return Built("item_vectors", pin["item_vectors"].version, n_new, n_new == 0)


def _build(warehouse: Warehouse, step_of: Callable[[Pin], Step], source: str) -> Built:
    warehouse.version(source)  # says what makes it where it is missing
    before = warehouse.pin(*SOURCES, *DERIVED)
    step = step_of(before)
    pin = bring_up_to_date(warehouse, step, before)
    version = pin[step.table].version
    n_rows = warehouse.read(step.table, version).count()
    return Built(step.table, version, n_rows, step.is_current(before))
