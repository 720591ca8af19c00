"""Rows that are in memory already (lists, dicts, pandas, Arrow) → columns, ids and texts."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mars_model.errors import InputDataError
from mars_model.sources.clean_text import clean_id

# A frame, a dict of columns, or rows: dicts by column, or tuples in the order of the columns.
Rows: TypeAlias = Any
# One column: a list, tuple, set, array, series or Arrow array.
Values: TypeAlias = Iterable[Any]


def table_of(rows: Rows, columns: Sequence[str], required: Sequence[str], what: str) -> pa.Table:
    """A table with the `columns` that the rows have.

    Rows that are tuples hold the columns in this order and may end early. Raises InputDataError
    that starts with `what` where a required column is missing or the values do not fit together.
    """
    try:
        table = _as_table(rows, columns)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputDataError(
            f"{what}: expected a frame, dicts or tuples with {', '.join(columns)}, all values of a "
            f"column of one type ({reason})"
        ) from error
    if missing := [name for name in required if name not in table.column_names]:
        raise InputDataError(
            f"{what}: column {', '.join(map(repr, missing))} not found, it has "
            f"{', '.join(table.column_names) or 'none'}. Rename yours, or add it"
        )
    return table.select([name for name in columns if name in table.column_names])


def ids_of(values: Values, what: str) -> NDArray[np.generic]:
    """Ids as int64 or str. Raises InputDataError where they are neither, or one is missing."""
    if isinstance(values, str):
        raise InputDataError(f"{what}: found the text {values!r}, expected several ids")
    try:
        is_arrow = isinstance(values, pa.Array | pa.ChunkedArray)
        found = values if is_arrow else _column(values)
    except (pa.ArrowException, TypeError, OverflowError) as error:
        raise InputDataError(
            f"{what}: expected ids that are all whole numbers or all strings ({error})"
        ) from error
    return _ids(found, what)


def id_column(table: pa.Table, name: str, what: str) -> NDArray[np.generic]:
    """The ids of a column, as `ids_of` gives them."""
    return _ids(table.column(name).combine_chunks(), f"{what}, column {name!r}")


def texts_of(table: pa.Table, columns: Sequence[str]) -> list[str]:
    """Each row's texts in the order of the columns, joined by a space; missing ones left out."""
    present = [table.column(name).to_pylist() for name in columns if name in table.column_names]
    return [" ".join(_parts(row)) for row in zip(*present, strict=True)] or [""] * table.num_rows


def _as_table(rows: Rows, columns: Sequence[str]) -> pa.Table:
    if isinstance(rows, pa.Table | pa.RecordBatch):
        return pa.table(rows)
    pandas = sys.modules.get("pandas")  # a second to load: whoever has a frame has loaded it
    if pandas is not None and isinstance(rows, pandas.DataFrame):
        known = [name for name in columns if name in rows.columns]
        return pa.Table.from_pandas(rows[known], preserve_index=False)
    if isinstance(rows, Mapping):
        return pa.table({name: _column(rows[name]) for name in columns if name in rows})
    listed = list(rows)
    if all(isinstance(row, Mapping) for row in listed):
        known = [name for name in columns if any(name in row for row in listed) or not listed]
        return pa.table({name: _column([row.get(name) for row in listed]) for name in known})
    by_column = list(zip(*listed, strict=True))
    return pa.table({n: _column(v) for n, v in zip(columns, by_column, strict=False)})


def _column(values: Values) -> pa.Array:
    return pa.array(list(values), from_pandas=True)  # NaN is a missing value


def _ids(found: pa.Array | pa.ChunkedArray, what: str) -> NDArray[np.generic]:
    if pa.types.is_dictionary(found.type):
        found = found.cast(found.type.value_type)
    if found.null_count and len(found) > 0:
        raise InputDataError(f"{what}: {found.null_count} of {len(found)} ids are missing")
    if pa.types.is_integer(found.type) or not len(found):
        try:
            return np.asarray(found.cast(pa.int64()).to_numpy(zero_copy_only=False))
        except pa.ArrowInvalid as error:
            raise InputDataError(f"{what}: expected whole numbers of 64 bits ({error})") from error
    if pa.types.is_string(found.type) or pa.types.is_large_string(found.type):
        cleaned = [clean_id(text) for text in found.to_pylist()]
        if n_blank := cleaned.count(None):
            raise InputDataError(f"{what}: {n_blank} of {len(found)} ids are blank")
        return np.array(cleaned, dtype=str)
    raise InputDataError(f"{what}: ids are {found.type}, expected whole numbers or strings")


def _parts(values: Iterable[Any]) -> Iterable[str]:
    for value in values:
        if isinstance(value, list):
            yield from _parts(value)
        elif value is not None:
            yield str(value)
