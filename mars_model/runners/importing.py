"""Runs import: files → source tables, by key or as a whole; bad rows → rejected_rows."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.errors import InputDataError
from mars_model.features.eligibility import require_one_segment
from mars_model.settings import Settings
from mars_model.sources.files import read_file, readable
from mars_model.sources.validate import (
    INTERACTION_KEY,
    ITEM_KEY,
    Validated,
    id_type_of,
    validate_excluded_items,
    validate_interactions,
    validate_items,
    validate_segment_items,
    validate_user_segments,
    with_our_names,
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


@dataclass(frozen=True)
class _List:
    """An optional source: its required columns, the setting of its names, its validation."""

    required: tuple[str, ...]
    names: str
    validate: Callable[[DataFrame, IdTypes], Validated]


_LISTS = {
    "excluded_items": _List(("item_id",), "excluded_item_columns", validate_excluded_items),
    "user_segments": _List(("user_id", "segment"), "user_segment_columns", validate_user_segments),
    "segment_items": _List(("segment", "item_id"), "segment_item_columns", validate_segment_items),
}


def import_files(
    warehouse: Warehouse,
    settings: Settings,
    items: str | None,
    interactions: str | None,
    lists: Mapping[str, str] | None = None,
) -> list[Imported]:
    """Merge items and interactions by key; replace each optional table of `lists` by its file.

    Raises InputDataError where a file cannot be read or none of its rows is good, and where the
    warehouse holds the generated sample.
    """
    if (items or interactions) and warehouse.is_synthetic():
        raise InputDataError(
            f"warehouse {warehouse.path}: holds the synthetic sample of `mars-batch demo`, and "
            "real rows must not mix with it. Choose another folder with --warehouse, or delete "
            "this one"
        )
    done = merge_files(warehouse, settings, items, interactions)
    return done + [_import_list(warehouse, settings, *named) for named in (lists or {}).items()]


def merge_files(
    warehouse: Warehouse, settings: Settings, items: str | None, interactions: str | None
) -> list[Imported]:
    """`import_files` without its guard against mixing."""
    done = []
    if items is not None:
        done.append(_import_items(warehouse, settings, items))
    if interactions is not None:
        done.append(_import_interactions(warehouse, settings, interactions))
    return done


def _import_items(warehouse: Warehouse, settings: Settings, source: str) -> Imported:
    names = settings.sources.item_columns
    required = ("item_id", *settings.sources.extra_item_columns)
    raw = read_file(warehouse.spark, source)
    rows = with_our_names(raw, names, required, source, "sources.item_columns")
    item_type = _held_item_type(warehouse) or id_type_of(rows, "item_id")
    ids = IdTypes(item_type, "string")
    checked = validate_items(rows, ids, settings.sources.extra_item_columns)
    return _merge(warehouse, "items", checked, ids, ITEM_KEY, source)


def _import_interactions(warehouse: Warehouse, settings: Settings, source: str) -> Imported:
    names = settings.sources.interaction_columns
    raw = read_file(warehouse.spark, source)
    rows = with_our_names(raw, names, ("user_id", "item_id"), source, "sources.interaction_columns")
    if settings.likes.min_rating is not None and "rating" not in rows.columns:
        raise InputDataError(
            f"file {source}: column 'rating' not found, which likes.min_rating = "
            f"{settings.likes.min_rating:g} needs. Say how it is called there with --set "
            "sources.interaction_columns.rating=NAME"
        )
    item_type = _held_item_type(warehouse) or id_type_of(rows, "item_id")
    user_type = _held_type(warehouse, "interactions", "user_id") or id_type_of(rows, "user_id")
    ids = IdTypes(item_type, user_type)
    checked = validate_interactions(rows, ids)
    return _merge(warehouse, "interactions", checked, ids, INTERACTION_KEY, source)


def _import_list(warehouse: Warehouse, settings: Settings, table: str, source: str) -> Imported:
    """Replace an optional table as a whole; a file of no rows, not of bad ones, empties it."""
    ids = warehouse.id_types()  # they refer to items and users, which come first
    kind = _LISTS[table]
    raw = read_file(warehouse.spark, source)
    names = getattr(settings.sources, kind.names)
    rows = with_our_names(raw, names, kind.required, source, f"sources.{kind.names}")
    checked = kind.validate(rows, ids)
    checked.judged.persist()
    try:
        rejected = _reject(warehouse, checked, ids, source)
        n_good = checked.good.count()
        if rejected and not n_good:
            raise _none_is_good(source, table, rejected)
        if table == "user_segments":
            require_one_segment(checked.good, f"file {source}")
        warehouse.create(table, ids)
        warehouse.overwrite(table, checked.good)
    finally:
        checked.judged.unpersist()
    return Imported(source, table, n_good, rejected)


def _merge(
    warehouse: Warehouse,
    table: str,
    checked: Validated,
    ids: IdTypes,
    key: tuple[str, ...],
    source: str,
) -> Imported:
    checked.judged.persist()
    try:
        rejected = _reject(warehouse, checked, ids, source)
        n_good = checked.good.count()
        if not n_good:
            raise _none_is_good(source, table, rejected)
        warehouse.create(table, ids)
        warehouse.merge(table, checked.good, key)
    finally:
        checked.judged.unpersist()
    return Imported(source, table, n_good, rejected)


def _none_is_good(source: str, table: str, rejected: dict[str, int]) -> InputDataError:
    reasons = "; ".join(f"{reason}: {n} rows" for reason, n in rejected.items())
    return InputDataError(
        f"file {source}: none of its rows keeps the contract of {table} "
        f"({reasons or 'it is empty'}). See the table rejected_rows"
    )


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
