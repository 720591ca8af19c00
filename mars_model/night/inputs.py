"""What a run scores: every user's history and segment, and what may be recommended to whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from mars_model.errors import InputDataError
from mars_model.features.eligibility import (
    Segments,
    candidate_ids,
    number_segments,
    with_segment,
)
from mars_model.tables.contracts import OPTIONAL_SOURCES, check_same_type
from mars_model.tables.pin import Pin
from mars_model.tables.warehouse import Warehouse

_ID_OF = {"item_id": "items", "user_id": "interactions"}


@dataclass(frozen=True)
class Inputs:
    """Histories, candidates and segments of a run, at the versions that it pinned."""

    histories: DataFrame  # user_id, item_ids, n_items
    candidate_ids: NDArray[np.generic]  # of the items that may be recommended
    segments: Segments | None  # None: no user is in one

    def users(self) -> DataFrame:
        """Histories, with the number of each user's segment where there are segments."""
        return (
            self.histories if self.segments is None else with_segment(self.histories, self.segments)
        )


def read_inputs(warehouse: Warehouse, pin: Pin, run_date: date, histories: DataFrame) -> Inputs:
    """The inputs of a run.

    Raises InputDataError where users are in segments and segment_items is not there, or the ids of
    an optional table are typed otherwise than those that they refer to.
    """
    for table in OPTIONAL_SOURCES:
        if table in pin:
            _check_ids(table, pin)
    return Inputs(histories, _candidates(warehouse, pin, run_date), _segments(warehouse, pin))


def _candidates(warehouse: Warehouse, pin: Pin, run_date: date) -> NDArray[np.generic]:
    def read(table: str, columns: Sequence[str]) -> pa.Table:
        return warehouse.read_arrow(table, columns, pin[table].version)

    items = read("items", ("item_id", "available_from", "available_until"))
    excluded = None
    if "excluded_items" in pin:
        excluded = read("excluded_items", ("item_id", "excluded_from", "excluded_until"))
    return candidate_ids(items, excluded, run_date)


def _segments(warehouse: Warehouse, pin: Pin) -> Segments | None:
    if "user_segments" not in pin:
        return None
    version = pin["user_segments"].version
    users = warehouse.read("user_segments", version)
    if users.isEmpty():
        return None
    if "segment_items" not in pin:
        raise InputDataError(
            f"table segment_items: not found, and user_segments (version {version}) names users "
            "who may get the items of their segment only. Make it with: mars-batch import "
            "--segment-items FILE"
        )
    items = warehouse.read("segment_items", pin["segment_items"].version)
    return number_segments(users, items, f"user_segments (version {version})")


def _check_ids(table: str, pin: Pin) -> None:
    for column, owner in _ID_OF.items():
        if column in pin[table].schema.fieldNames():
            where = f"{table} (version {pin[table].version}): column {column!r}"
            expected = pin[owner].schema[column].dataType
            check_same_type(where, pin[table].schema[column].dataType, expected, owner)
