"""What a reader yields: items, interactions, and the lines that are neither."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from mars_model.sources.lines import Line, read_lines

_KEPT_CHARACTERS = 2000


class Item(NamedTuple):
    """An item as its set has it; what is not there is None."""

    item_id: str
    title: str | None
    text: str | None
    genres: str | None  # between |


class Interaction(NamedTuple):
    """An event; `interacted_at` in microseconds since 1970, UTC."""

    user_id: str
    item_id: str
    rating: float | None
    interacted_at: int | None


class Broken(NamedTuple):
    """A line that gives no row. Reasons are few and fixed, so that they can be counted."""

    file: str
    line: int
    reason: str
    text: str  # its start


Row = Item | Interaction


class BrokenLineError(ValueError):
    """A line cannot be parsed; the message is the reason."""


def broken(path: Path, line: Line, reason: str) -> Broken:
    """What is kept of a line that gives no row."""
    return Broken(path.name, line.number, reason, line.text[:_KEPT_CHARACTERS])


def rows_of_file(
    parse: Callable[[Line], Iterable[Row]], path: Path, can_be_latin_1: bool = False
) -> Iterator[Row | Broken]:
    """The rows of a file whose lines stand alone; see `read_lines` and `rows_of_lines`."""
    return rows_of_lines(path, read_lines(path, can_be_latin_1), parse)


def rows_of_lines(
    path: Path, lines: Iterable[Line], parse: Callable[[Line], Iterable[Row]]
) -> Iterator[Row | Broken]:
    """The rows that `parse` makes of each line, or a Broken where it raises BrokenLineError.

    Blank lines are passed over.
    """
    for line in lines:
        if line.damage is not None:
            yield broken(path, line, line.damage)
        elif line.text.strip():
            try:
                yield from parse(line)
            except BrokenLineError as error:
                yield broken(path, line, str(error))
