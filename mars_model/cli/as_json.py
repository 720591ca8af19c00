"""Results as JSON: one encoder for every command. docs/json.md says what becomes of what."""

import json
import math
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from numbers import Integral, Real
from typing import Any

import click

from mars_model.redact import hide

_NOT_NUMBERS = {math.inf: "Infinity", -math.inf: "-Infinity"}


def as_json(result: Any, secrets: Iterable[str] = ()) -> str:
    """A result as one JSON document, without these secrets.

    Floats that JSON has no number for become "NaN", "Infinity" and "-Infinity"; dates and times
    ISO 8601; decimals their digits as text; bytes Base64; keys of maps text.
    """
    longest_first = sorted(secrets, key=len, reverse=True)
    return json.dumps(_plain(result, longest_first), ensure_ascii=False, allow_nan=False)


def show_error(
    sentence: str,
    exit_code: int,
    details: Mapping[str, Any] | None = None,
    secrets: Iterable[str] = (),
) -> None:
    """What stands on stdout under --json where a command fails; the sentence is on stderr too."""
    said = {**(details or {}), "error": sentence, "exit_code": exit_code}
    click.echo(as_json(said, secrets))


def _plain(value: Any, secrets: list[str]) -> Any:
    if isinstance(value, str):
        return hide(value, secrets)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        number = float(value)
        return "NaN" if math.isnan(number) else _NOT_NUMBERS.get(number, number)
    if isinstance(value, Mapping):
        return {_key(key, secrets): _plain(one, secrets) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, secrets) for one in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode("ascii")
    return hide(str(value), secrets)  # decimals, paths


def _key(key: Any, secrets: list[str]) -> str:
    plain = _plain(key, secrets)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
