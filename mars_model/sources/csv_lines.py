"""CSV, strictly: each record as its fields, or as a broken one with its text and the reason."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO

from mars_model.errors import InputDataError

SEPARATORS = (",", ";", "\t", "|")
# A broken record over more lines is a quote that was never closed: it holds rows that are good.
MAX_BROKEN_LINES = 3
_MAX_FIELD = 16 << 20  # characters


@dataclass(frozen=True)
class BrokenRecord:
    """Text that is no row, and why."""

    text: str
    reason: str


@dataclass
class _Lines:
    """Lines of a text, and those since the last record, which the reader has taken."""

    text: TextIO
    taken: list[str] = field(default_factory=list)
    n_characters: int = 0

    def __iter__(self) -> Iterator[str]:
        for line in self.text:
            self.taken.append(line)
            self.n_characters += len(line)
            yield line


class CsvLines:
    """A CSV file: its heading, its separator, and its records."""

    def __init__(self, text: TextIO, name: str) -> None:
        """Read the heading. Raises InputDataError where there is none, or it is no CSV."""
        csv.field_size_limit(_MAX_FIELD)
        self._name, self._lines, self._n_read = name, _Lines(text), 0
        first = next((line for line in text if line.strip()), "")
        self.separator = max(SEPARATORS, key=lambda s: sum(map(bool, _fields(first.strip(), s))))
        self.heading = tuple(_fields(first, self.separator))
        if not first or not self.heading:
            raise InputDataError(f"file {name}: has no heading, expected the columns' names")
        self._line = 1 + first.count("\n")

    def __iter__(self) -> Iterator[list[str] | BrokenRecord]:
        """Records in order; blank lines are none. Raises InputDataError at an unclosed quote."""
        expected, taken = len(self.heading), self._lines.taken
        reader = csv.reader(self._lines, delimiter=self.separator, strict=True)
        while True:
            try:
                for record in reader:
                    if len(record) == expected:
                        yield record
                    elif record:
                        yield self._broken(f"the line has {len(record)} fields, not {expected}")
                    self._line += len(taken)
                    taken.clear()
                return
            except csv.Error as error:
                yield self._broken(
                    f"the line is no CSV ({error})", is_cut="end of data" in str(error)
                )
                self._line += len(taken)
                taken.clear()

    @property
    def n_characters(self) -> int:
        """Characters read so far, without the heading."""
        return self._lines.n_characters

    def _broken(self, reason: str, is_cut: bool = False) -> BrokenRecord:
        lines = self._lines.taken
        if is_cut or len(lines) > MAX_BROKEN_LINES:
            raise InputDataError(
                f"file {self._name} line {self._line:,}: a quote opens there and its record runs "
                f"over {len(lines):,} lines ({reason}). Close the quote, or double it within a "
                "field; nothing was imported"
            )
        return BrokenRecord("".join(lines).rstrip("\r\n"), reason)


def _fields(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error:
        return []
