"""What --json writes for values that JSON has no word for."""

import json
import math
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from mars_model.cli.as_json import as_json


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "null"),
        (True, "true"),
        (2**63 - 1, "9223372036854775807"),
        (0.1, "0.1"),
        (1e-300, "1e-300"),
        (math.nan, '"NaN"'),
        (math.inf, '"Infinity"'),
        (-math.inf, '"-Infinity"'),
        (np.float32(0.5), "0.5"),
        (np.float32(math.nan), '"NaN"'),
        (np.int64(7), "7"),
        ("ü\n", '"ü\\n"'),
        (date(2026, 1, 2), '"2026-01-02"'),
        (datetime(2026, 1, 2, 3, 4, 5), '"2026-01-02T03:04:05"'),
        (datetime(2026, 1, 2, 3, 4, 5, 6, UTC), '"2026-01-02T03:04:05.000006+00:00"'),
        (time(3, 4), '"03:04:00"'),
        (Decimal("1.50"), '"1.50"'),
        (b"\x00\xff", '"AP8="'),
        (Path("/a/b"), '"/a/b"'),
        ((1, (2, math.nan)), '[1, [2, "NaN"]]'),
        ({"x": {"y": [{"z": date(2026, 1, 2)}]}}, '{"x": {"y": [{"z": "2026-01-02"}]}}'),
        ({1: "a", date(2026, 1, 2): "b"}, '{"1": "a", "2026-01-02": "b"}'),
        ({True: 1, math.nan: 2}, '{"true": 1, "NaN": 2}'),
    ],
)
def test_every_value_has_one_way_to_be_written(value: object, written: str) -> None:
    assert as_json(value) == written


def test_a_strict_reader_takes_it() -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text = as_json([{"gate": math.nan, "more": [math.inf]}])
    assert json.loads(text, parse_constant=refuse) == [{"gate": "NaN", "more": ["Infinity"]}]
