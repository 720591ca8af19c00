"""JSON lines: each line's object with its values as text, or the line and why it is none."""

import json
from collections.abc import Iterator
from typing import Any, TextIO

from mars_model.errors import InputDataError
from mars_model.sources.csv_lines import BrokenRecord

_MAX_COLUMNS = 1000


class JsonLines:
    """A file of one object a line; the columns are the names seen so far, in order."""

    def __init__(self, text: TextIO, name: str) -> None:
        self._text, self._name = text, name

    def __iter__(self) -> Iterator[dict[str, str | None] | BrokenRecord]:
        """Objects in order; blank lines are none. Raises InputDataError where it is one array."""
        is_first = True
        for line in self._text:
            stripped = line.strip()
            if not stripped:
                continue
            if is_first and stripped.startswith("["):
                raise InputDataError(
                    f"file {self._name}: begins with [, expected one object a line (JSON lines). "
                    "Write each object of the array on a line of its own"
                )
            is_first = False
            yield _object(stripped)


def check_columns(names: dict[str, int], name: str) -> None:
    """Raise InputDataError where what should be names of columns are values."""
    if len(names) > _MAX_COLUMNS:
        raise InputDataError(
            f"file {name}: its objects have more than {_MAX_COLUMNS:,} different names, expected "
            "the names of columns. Are ids or dates written as names?"
        )


def _object(line: str) -> dict[str, str | None] | BrokenRecord:
    try:
        found = json.loads(
            line,
            object_pairs_hook=_without_repeats,
            parse_int=_Digits,
            parse_float=_Digits,
            parse_constant=_no_constant,
        )
    except (ValueError, RecursionError) as error:
        return BrokenRecord(line, f"the line is no JSON ({str(error).split(':')[0]})")
    if not isinstance(found, dict):
        return BrokenRecord(line, "the line holds no JSON object")
    texts = {name: _text(value) for name, value in found.items()}
    if None in texts.values():  # null, or nested: as JSON, with its numbers as they are
        nested = {name for name, value in found.items() if isinstance(value, dict | list)}
        whole = json.loads(line) if nested else {}
        for name in nested:
            if texts[name] is None:
                texts[name] = json.dumps(whole[name], ensure_ascii=False)
    return texts


class _Digits(str):
    """A number as it is written: 1.0 stays 1.0, and twenty digits stay twenty."""


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("one name is there twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _text(value: Any) -> str | None:
    """A value as text, lists of texts joined by a blank; None for null and for nested values."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return " ".join(value)
    return None
