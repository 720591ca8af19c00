"""Runs import: files → source tables, by key or as a whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame

from mars_model.errors import InputDataError
from mars_model.importing.merge import (
    Imported,
    keep_good,
    merge_interactions,
    merge_items,
    refuse_to_mix,
)
from mars_model.settings import Settings
from mars_model.sources.files import read_file
from mars_model.sources.validate import (
    Validated,
    validate_excluded_items,
    validate_segment_items,
    validate_user_segments,
    with_our_names,
)
from mars_model.tables.contracts import IdTypes
from mars_model.tables.warehouse import Warehouse


@dataclass(frozen=True)
class _List:
    """An optional source: its required columns, the setting of its names, its validation."""

    required: tuple[str, ...]
    names: str
    validate: Callable[[DataFrame, IdTypes], Validated]


# In this order: a new segment has its items before it has users.
_LISTS = {
    "excluded_items": _List(("item_id",), "excluded_item_columns", validate_excluded_items),
    "segment_items": _List(("segment", "item_id"), "segment_item_columns", validate_segment_items),
    "user_segments": _List(("user_id", "segment"), "user_segment_columns", validate_user_segments),
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
    if items or interactions:
        refuse_to_mix(warehouse)
    done = merge_files(warehouse, settings, items, interactions)
    for table in _LISTS:
        if lists and table in lists:
            done.append(_import_list(warehouse, settings, table, lists[table]))
    return done


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
    required = ("item_id", *settings.sources.extra_item_columns)
    rows = _read(warehouse, settings, source, required, "item_columns")
    return merge_items(warehouse, settings, rows, source)


def _import_interactions(warehouse: Warehouse, settings: Settings, source: str) -> Imported:
    rows = _read(warehouse, settings, source, ("user_id", "item_id"), "interaction_columns")
    if settings.likes.min_rating is not None and "rating" not in rows.columns:
        raise InputDataError(
            f"file {source}: column 'rating' not found, which likes.min_rating = "
            f"{settings.likes.min_rating:g} needs. Say how it is called there with --set "
            "sources.interaction_columns.rating=NAME"
        )
    return merge_interactions(warehouse, rows, source)


def _import_list(warehouse: Warehouse, settings: Settings, table: str, source: str) -> Imported:
    """Replace an optional table as a whole; a file of no rows, not of bad ones, empties it."""
    ids = warehouse.id_types()  # they refer to items and users, which come first
    kind = _LISTS[table]
    rows = _read(warehouse, settings, source, kind.required, kind.names)
    return keep_good(warehouse, table, kind.validate(rows, ids), ids, source, key=None)


def _read(
    warehouse: Warehouse, settings: Settings, source: str, required: tuple[str, ...], setting: str
) -> DataFrame:
    """A file's rows with our names for their columns, by a setting of `sources`."""
    names = getattr(settings.sources, setting)
    raw = read_file(warehouse.spark, source)
    return with_our_names(raw, names, required, source, f"sources.{setting}")
