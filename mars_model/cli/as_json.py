"""Results as JSON: one encoder for every command. docs/json.md says what becomes of what."""

import json
import math
from base64 import b64encode
from collections.abc import Mapping
from datetime import date, datetime, time
from numbers import Integral, Real
from typing import Any

import click

_NOT_NUMBERS = {math.inf: "Infinity", -math.inf: "-Infinity"}


def as_json(result: Any) -> str:
    """A result as one JSON document.

    Floats that JSON has no number for become "NaN", "Infinity" and "-Infinity"; dates and times
    ISO 8601; decimals their digits as text; bytes Base64; keys of maps text.
    """
    return json.dumps(_plain(result), ensure_ascii=False, allow_nan=False)


def show_error(sentence: str, exit_code: int, details: Mapping[str, Any] | None = None) -> None:
    """What stands on stdout under --json where a command fails; the sentence is on stderr too."""
    click.echo(as_json({**(details or {}), "error": sentence, "exit_code": exit_code}))


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        number = float(value)
        return "NaN" if math.isnan(number) else _NOT_NUMBERS.get(number, number)
    if isinstance(value, Mapping):
        return {_key(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode("ascii")
    return str(value)  # decimals, paths


def _key(key: Any) -> str:
    plain = _plain(key)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
