"""Checked rows into the source tables, by key; bad rows into rejected_rows."""

import hashlib
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.errors import InputDataError
from mars_model.features.eligibility import require_one_segment
from mars_model.settings import Settings
from mars_model.sources.files import readable
from mars_model.sources.validate import (
    INTERACTION_KEY,
    ITEM_KEY,
    Validated,
    id_type_of,
    validate_interactions,
    validate_items,
)
from mars_model.tables.contracts import IdTypes
from mars_model.tables.warehouse import Warehouse


@dataclass(frozen=True)
class Imported:
    """What became of one file."""

    source: str
    table: str
    n_good: int
    rejected: dict[str, int]  # reason → rows

    @property
    def n_rejected(self) -> int:
        """Rows that break the contract."""
        return sum(self.rejected.values())


def merge_items(warehouse: Warehouse, settings: Settings, rows: DataFrame, source: str) -> Imported:
    """Items with our names into `items`. `source` is what they came from, as messages name it."""
    item_type = _held_item_type(warehouse) or id_type_of(rows, "item_id")
    ids = IdTypes(item_type, "string")
    checked = validate_items(rows, ids, settings.sources.extra_item_columns)
    return keep_good(warehouse, "items", checked, ids, source, ITEM_KEY)


def merge_interactions(warehouse: Warehouse, rows: DataFrame, source: str) -> Imported:
    """Events with our names into `interactions`."""
    item_type = _held_item_type(warehouse) or id_type_of(rows, "item_id")
    user_type = _held_type(warehouse, "interactions", "user_id") or id_type_of(rows, "user_id")
    ids = IdTypes(item_type, user_type)
    checked = validate_interactions(rows, ids)
    return keep_good(warehouse, "interactions", checked, ids, source, INTERACTION_KEY)


def refuse_to_mix(warehouse: Warehouse) -> None:
    """Raise InputDataError where the warehouse holds the generated sample."""
    if warehouse.is_synthetic():
        raise InputDataError(
            f"warehouse {warehouse.path}: holds the synthetic sample of `mars-batch demo`, and "
            "real rows must not mix with it. Choose another folder with --warehouse, or delete "
            "this one"
        )


def keep_good(
    warehouse: Warehouse,
    table: str,
    checked: Validated,
    ids: IdTypes,
    source: str,
    key: tuple[str, ...] | None,
) -> Imported:
    """Good rows into a table, by key; without a key in place of all that it held.

    Raises InputDataError where no row is good. Without a key a file of no rows is none of these:
    it empties the table.
    """
    checked.judged.persist()
    try:
        rejected = _reject(warehouse, checked, ids, source)
        n_good = checked.good.count()
        if not n_good and (rejected or key):
            reasons = "; ".join(f"{reason}: {n} rows" for reason, n in rejected.items())
            raise InputDataError(
                f"file {source}: none of its rows keeps the contract of {table} "
                f"({reasons or 'it is empty'}). See the table rejected_rows"
            )
        if table == "user_segments":
            require_one_segment(checked.good, f"file {source}")
        warehouse.create(table, ids)
        if key:
            warehouse.merge(table, checked.good, key)
        else:
            warehouse.overwrite(table, checked.good)
    finally:
        checked.judged.unpersist()
    return Imported(source, table, n_good, rejected)


def _reject(warehouse: Warehouse, checked: Validated, ids: IdTypes, source: str) -> dict[str, int]:
    """Keep the bad rows in rejected_rows, in place of those of an earlier import of the file."""
    with readable(source):  # the first action: a file may break far behind its start
        counted = checked.rejected.groupBy("reason").count().orderBy("reason").collect()
    run_id = "import-" + hashlib.sha256(source.encode()).hexdigest()[:8]
    if counted or warehouse.exists("rejected_rows"):
        warehouse.create("rejected_rows", ids)
        warehouse.overwrite(
            "rejected_rows",
            checked.rejected.withColumns({"run_id": F.lit(run_id), "source": F.lit(source)}),
            where=f"run_id = '{run_id}'",
        )
    return {row["reason"]: int(row["count"]) for row in counted}


def _held_item_type(warehouse: Warehouse) -> str | None:
    return _held_type(warehouse, "items", "item_id") or _held_type(
        warehouse, "interactions", "item_id"
    )


def _held_type(warehouse: Warehouse, table: str, column: str) -> str | None:
    if not warehouse.exists(table):
        return None
    return warehouse.read(table).schema[column].dataType.simpleString()
