"""Reads who may get what: items that may be recommended, and the optional tables of a night."""

from datetime import date

from pyspark.sql import DataFrame

from mars_model.errors import InputDataError
from mars_model.features.eligibility import Segments, candidate_items, number_segments
from mars_model.tables.contracts import OPTIONAL_SOURCES, check_same_type
from mars_model.tables.warehouse import Warehouse

_ID_OF = {"item_id": "items", "user_id": "interactions"}


def optional_versions(warehouse: Warehouse) -> dict[str, int]:
    """Delta version of every optional source that exists."""
    return {
        table: warehouse.version(table) for table in OPTIONAL_SOURCES if warehouse.exists(table)
    }


def read_candidates(warehouse: Warehouse, versions: dict[str, int], run_date: date) -> DataFrame:
    """`item_id` of the items that may be recommended on the run date."""
    items = warehouse.read("items", versions["items"])
    excluded = _read(warehouse, "excluded_items", versions)
    return candidate_items(items, excluded, run_date)


def read_segments(warehouse: Warehouse, versions: dict[str, int]) -> Segments | None:
    """The segments of users, None where no user is in one.

    Raises InputDataError where users are in segments and segment_items is not there.
    """
    users = _read(warehouse, "user_segments", versions)
    if users is None or users.isEmpty():
        return None
    items = _read(warehouse, "segment_items", versions)
    if items is None:
        raise InputDataError(
            "table segment_items: not found, and user_segments "
            f"(version {versions['user_segments']}) names users who may get the items of their "
            "segment only. Make it with: mars-batch import --segment-items FILE"
        )
    where = f"user_segments (version {versions['user_segments']})"
    return number_segments(users, items, where)


def _read(warehouse: Warehouse, table: str, versions: dict[str, int]) -> DataFrame | None:
    """An optional source as it was pinned, its ids typed as those that they refer to."""
    if table not in versions:
        return None
    frame = warehouse.read(table, versions[table])
    for column, owner in _ID_OF.items():
        if column in frame.columns:
            expected = warehouse.read(owner, versions[owner]).schema[column].dataType
            where = f"{table} (version {versions[table]}): column {column!r}"
            check_same_type(where, frame.schema[column].dataType, expected, owner)
    return frame
