"""What can go wrong, by exit code. A message is a sentence: what, where, expected, found, to do."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


class MarsBatchError(Exception):
    """Anything that is not one of the kinds below.

    `details` stand beside the sentence where the result is asked for as JSON.
    """

    exit_code = 1

    def __init__(self, sentence: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self.details = details


class SettingsError(MarsBatchError):
    """Wrong usage or settings."""

    exit_code = 2


class InputDataError(MarsBatchError):
    """Bad, missing or unreadable input data."""

    exit_code = 3


class AuditFailedError(MarsBatchError):
    """An audit found offending rows; nothing was published."""

    exit_code = 4


class Interrupted(KeyboardInterrupt):
    """Ctrl-C or SIGTERM, in a command's own words; no error, so nothing catches it by accident."""

    exit_code = 130


@contextmanager
def needs_extras(what: str, *extras: str) -> Iterator[None]:
    """Turn a missing package, met while importing, into a sentence that says how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise MarsBatchError(
            f"{what} needs the package {error.name}, which the core installation leaves out. "
            f"Install it with: pip install 'mars-batch[{','.join(extras)}]'"
        ) from error
