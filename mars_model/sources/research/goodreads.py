"""Goodreads: the UCSD Book Graph's interactions and books, JSON lines, whole or of one genre.

Source: mengtingwan.github.io/data/goodreads. An interaction has `user_id`, `book_id`, `rating`
from 0 to 5, where 0 says that the book was shelved without one, and times like "Fri Apr 19
08:15:15 -0700 2013": `date_updated` is nearer to the rating than `date_added`, when the book may
just have been put on a shelf to be read. A book has `book_id`, `title`, `description`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from mars_model.sources.lines import Line
from mars_model.sources.research.fields import identifier, joined, json_object, number
from mars_model.sources.research.records import BrokenLineError, Interaction, Item, rows_of_file
from mars_model.sources.research.set_files import Reading, ResearchSet, json_files, missing_files

_BOOKS = "goodreads_books"
_INTERACTIONS = "goodreads_interactions"
_TIME_FORMAT = "%a %b %d %H:%M:%S %z %Y"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def open_set(files: Sequence[Path]) -> ResearchSet:
    """All files of books and all of interactions."""
    books = json_files(files, lambda name: name.startswith(_BOOKS))
    interactions = json_files(files, lambda name: name.startswith(_INTERACTIONS))
    found = {_INTERACTIONS: interactions, _BOOKS: books}
    if missing := [f"{name}*.json.gz" for name, matches in found.items() if not matches]:
        raise missing_files("goodreads", missing, files)
    return ResearchSet(
        Reading(books, partial(rows_of_file, _book)),
        Reading(interactions, partial(rows_of_file, _interaction)),
    )


def _book(line: Line) -> tuple[Item]:
    found = json_object(line.text)
    title, text = joined(found.get("title")), joined(found.get("description"))
    return (Item(identifier(found, "book_id"), title, text, None),)


def _interaction(line: Line) -> tuple[Interaction]:
    found = json_object(line.text)
    event = Interaction(
        identifier(found, "user_id"),
        identifier(found, "book_id"),
        number(found.get("rating"), "rating") or None,
        _microseconds(found.get("date_updated") or found.get("date_added")),
    )
    return (event,)


def _microseconds(value: Any) -> int | None:
    if not value:
        return None
    try:
        moment = datetime.strptime(value, _TIME_FORMAT)
        return (moment - _EPOCH) // timedelta(microseconds=1)
    except (TypeError, ValueError, OverflowError):
        raise BrokenLineError("date_updated or date_added is no time") from None
