"""Fields of a line: what they must be, or BrokenLineError with one of a few fixed reasons."""

import ast
import csv
import json
import math
import re
import warnings
from collections.abc import Iterator
from typing import Any

from mars_model.sources.research.records import BrokenLineError

_WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_LATEST_S = 253_402_300_799  # the end of the year 9999
_EARLIEST_S = -62_135_596_800  # the year 1
_MAX_DEPTH = 4  # of lists in lists; Amazon's categories have 2


def columns(separator: str, expected: int, text: str) -> list[str]:
    """The columns of a line that must have exactly so many."""
    found = text.split(separator)
    if len(found) != expected:
        raise BrokenLineError(f"the line has not {expected} columns")
    return found


def csv_columns(expected: int, text: str, unit: str = "line") -> list[str]:
    """The columns of a `unit` of CSV that must have exactly so many."""
    try:
        (found,) = csv.reader([text], strict=True)
    except (csv.Error, ValueError):  # ValueError: it falls apart into several rows
        raise BrokenLineError(f"the {unit} is no CSV") from None
    if len(found) != expected:
        raise BrokenLineError(f"the {unit} has not {expected} columns")
    return found


def json_object(text: str, can_be_python: bool = False) -> dict[str, Any]:
    """The object in a line of JSON; with `can_be_python` also a dict as Python writes it.

    A Python dict is read as a literal: nothing of it is ever run.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        if not can_be_python:
            raise BrokenLineError("the line is no JSON") from None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of escapes that only JSON knows
                found = ast.literal_eval(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            raise BrokenLineError("the line is neither JSON nor a Python dict") from None
    if not isinstance(found, dict):
        raise BrokenLineError("the line holds no object")
    return found


def identifier(record: dict[str, Any], name: str) -> str:
    """A field that must be there: a text that is not blank, or a whole number."""
    value = record.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise BrokenLineError(f"field '{name}' is missing")
    return value.strip()


def whole_number(text: str, name: str) -> str:
    """An id of a set whose ids are whole numbers; it stays text, as an id is no quantity."""
    stripped = text.strip()
    if not _WHOLE_NUMBER.fullmatch(stripped):
        raise BrokenLineError(f"{name} is no whole number")
    return stripped


def number(value: Any, name: str) -> float:
    """A finite number, or a text that holds one."""
    if value is None:
        raise BrokenLineError(f"field '{name}' is missing")
    try:
        # Python's own float() takes True and 1_000 for numbers.
        found = math.nan if isinstance(value, bool) or "_" in str(value) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise BrokenLineError(f"{name} is no number")
    return found


def microseconds(value: Any, name: str, per_second: int = 1) -> int | None:
    """Unix time in units of 1/`per_second` s, as microseconds; None where it is not given."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    units = number(value, name)
    if not _EARLIEST_S <= units / per_second <= _LATEST_S:
        raise BrokenLineError(f"{name} is no time")
    return round(units) * (1_000_000 // per_second)


def joined(*values: Any, separator: str = " ") -> str | None:
    """Texts, and lists of texts, as one text, each once; None where nothing is left."""
    kept = [text for value in values for text in _texts(value, _MAX_DEPTH)]
    return separator.join(dict.fromkeys(kept)) or None


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        if stripped := value.strip():
            yield stripped
    elif isinstance(value, list) and depth:
        for each in value:
            yield from _texts(each, depth - 1)
