"""Goodreads: books and interactions of the UCSD Book Graph."""

import json
from pathlib import Path

import pytest

from mars_model.errors import InputDataError
from mars_model.sources.research.choose import choose_set
from mars_model.sources.research.records import Interaction, Item
from tests.sources.research.reading import interactions, items, write

EVENT = {
    "user_id": "8842281e1d1347389f2ab93d60773d4d",
    "book_id": "24375664",
    "review_id": "5cd416f3efc3f944fce4ce2db2290d5e",
    "is_read": True,
    "rating": 5,
    "review_text_incomplete": "",
    "date_added": "Fri Aug 25 13:55:02 -0700 2017",
    "date_updated": "Mon Oct 09 08:55:59 -0700 2017",
    "read_at": "",
    "started_at": "",
}


def event(*missing: str, **changed: object) -> str:
    return json.dumps({n: v for n, v in {**EVENT, **changed}.items() if n not in missing})


def test_books_and_events_become_rows(tmp_path: Path) -> None:
    book = {
        "isbn": "0151686564",
        "popular_shelves": [{"count": "15419", "name": "to-read"}],
        "description": "Poems about cats &amp; Macavité",
        "book_id": "24375664",
        "title": "Old Possum's Book",
        "title_without_series": "Old Possum's Book",
    }
    write(
        tmp_path / "goodreads_books_poetry.json.gz",
        json.dumps(book),
        json.dumps({"book_id": "5", "title": "", "description": ""}),
        json.dumps({"title": "No id"}),
    )
    write(
        tmp_path / "goodreads_interactions_poetry.json.gz",
        event(),
        event(rating=0),
        event("date_updated", book_id=7),
        event(date_added="", date_updated=""),
    )
    write(tmp_path / "goodreads_book_authors.json.gz", "{}")
    read, nameless, broken = items("goodreads", tmp_path)
    assert read == Item("24375664", "Old Possum's Book", "Poems about cats &amp; Macavité", None)
    assert nameless == Item("5", None, None, None)
    assert (broken.line, broken.reason) == (3, "field 'book_id' is missing")
    user = EVENT["user_id"]
    # 15:55:59 UTC is 1507564559 s; 20:55:02 UTC on 25 August is 1503694502 s.
    assert interactions("goodreads", tmp_path) == [
        Interaction(user, "24375664", 5.0, 1507564559 * 1_000_000),
        Interaction(user, "24375664", None, 1507564559 * 1_000_000),
        Interaction(user, "7", 5.0, 1503694502 * 1_000_000),
        Interaction(user, "24375664", 5.0, None),
    ]


def test_broken_events_are_told(tmp_path: Path) -> None:
    write(tmp_path / "goodreads_books.json", '{"book_id": "1"}')
    write(
        tmp_path / "goodreads_interactions_dedup.json",
        event("user_id"),
        event(rating="none"),
        event(date_updated="2017-10-09"),
        event(date_updated=5),
        "{'user_id': 'u1', 'book_id': '1', 'rating': 5}",
        event(),
    )
    *broken, last = interactions("goodreads", tmp_path)
    assert [(each.line, each.reason) for each in broken] == [
        (1, "field 'user_id' is missing"),
        (2, "rating is no number"),
        (3, "date_updated or date_added is no time"),
        (4, "date_updated or date_added is no time"),
        (5, "the line is no JSON"),
    ]
    assert isinstance(last, Interaction)


def test_all_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    write(tmp_path / "goodreads_book_works.json.gz", "{}")
    with pytest.raises(InputDataError) as caught:
        choose_set("goodreads", [tmp_path])
    assert "goodreads_interactions*.json.gz and goodreads_books*.json.gz not found" in str(
        caught.value
    )
