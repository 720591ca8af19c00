"""Rows in memory: texts and ids as they come."""

import math
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mars_model.errors import InputDataError
from mars_model.sources.in_memory import ids_of, table_of, texts_of

COLUMNS = ("item_id", "title", "text", "genres")


@pytest.mark.parametrize(
    "rows",
    [
        [{"item_id": 1, "text": "b"}, {"item_id": 2, "title": "a", "genres": ["x", None, "y"]}],
        pd.DataFrame(
            {"item_id": [1, 2], "text": ["b", math.nan], "title": [None, "a"]}
            | {"genres": [None, ["x", None, "y"]]},
            index=[7, 7],
        ),
        {"item_id": [1, 2], "title": [None, "a"], "text": ["b", math.nan]}
        | {"genres": [None, ("x", None, "y")]},
    ],
)
def test_missing_texts_are_left_out_and_lists_are_joined(rows: object) -> None:
    table = table_of(rows, COLUMNS, ("item_id",), "items")
    assert texts_of(table, COLUMNS[1:]) == ["b", "a x y"]


def test_tuples_follow_the_columns_and_may_end_early() -> None:
    table = table_of([(1, "a"), (2, "b")], COLUMNS, ("item_id",), "items")
    assert table.to_pydict() == {"item_id": [1, 2], "title": ["a", "b"]}
    assert texts_of(table.select(["item_id"]), COLUMNS[1:]) == ["", ""]
    assert texts_of(pa.table({"year": [1999], "seen": [date(2026, 1, 2)]}), ("year", "seen")) == [
        "1999 2026-01-02"
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3, 1], np.array([3, 1])),
        (pd.Series([3, 1], dtype="Int32"), np.array([3, 1])),
        (pd.Series(["b", "a"], dtype="category"), np.array(["b", "a"])),
        (pa.chunked_array([["b"], ["aa"]]), np.array(["b", "aa"])),
        (iter(["b"]), np.array(["b"])),
        ([], np.zeros(0, dtype=np.int64)),
    ],
)
def test_ids_are_whole_numbers_or_strings(values: object, expected: np.ndarray) -> None:
    found = ids_of(values, "ids")
    assert found.dtype == expected.dtype
    assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("values", [[1, "a"], [1.5], [True], [None, 1], [[1]], 5, [2**63]])
def test_other_ids_are_refused(values: object) -> None:
    with pytest.raises(InputDataError, match=r"^ids: "):
        ids_of(values, "ids")
