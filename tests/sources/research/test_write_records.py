"""Rows in batches of bounded size, with broken lines among them."""

import json
from datetime import UTC, datetime

import pytest

from mars_model.sources.research import write_records
from mars_model.sources.research.records import Broken, Interaction, Item
from mars_model.sources.research.write_records import (
    INTERACTIONS_SCHEMA,
    ITEMS_SCHEMA,
    BrokenLines,
    record_batches,
)


def test_broken_lines_are_counted_kept_as_rows_and_the_first_five_shown() -> None:
    broken = BrokenLines()
    lines = [Broken("u.data", n, "the rating is no number", f"1\t{n}\té") for n in range(1, 8)]
    rows = [Interaction("1", "2", 3.5, 881250949_000_001), *lines]
    (batch,) = record_batches(rows, INTERACTIONS_SCHEMA, broken)
    first, second = batch.to_pylist()[:2]
    assert first == {
        "user_id": "1",
        "item_id": "2",
        "rating": 3.5,
        "interacted_at": datetime(1997, 12, 4, 15, 55, 49, 1, tzinfo=UTC),
        "_corrupt_record": None,
        "_corrupt_reason": None,
    }
    assert (second["user_id"], second["rating"]) == (None, None)
    assert second["_corrupt_reason"] == "the rating is no number"
    kept = {"file": "u.data", "line": 1, "text": "1\t1\té"}
    assert json.loads(second["_corrupt_record"]) == kept
    assert broken.n == 7
    assert broken.examples == lines[:5]


def test_batches_end_by_rows_and_by_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_records, "_MAX_ROWS", 3)
    monkeypatch.setattr(write_records, "_MAX_CHARACTERS", 100)
    texts = ["", "", "", "x" * 200, "", "y" * 50, "z" * 60, ""]
    rows = [Item(str(n), None, text, None) for n, text in enumerate(texts)]
    found = list(record_batches(rows, ITEMS_SCHEMA, BrokenLines()))
    assert [batch.num_rows for batch in found] == [3, 1, 3, 1]
    assert [id_ for batch in found for id_ in batch.column("item_id").to_pylist()] == [*"01234567"]


def test_halves_of_characters_become_whole_or_unreadable() -> None:
    rows = [Item("1", "\ud83d\ude00", "lone \ud83d half", None), Item("2", "七人", None, None)]
    (batch,) = record_batches(rows, ITEMS_SCHEMA, BrokenLines())
    assert batch.column("title").to_pylist() == ["😀", "七人"]
    assert batch.column("text").to_pylist() == ["lone \ufffd half", None]


def test_no_rows_make_no_batch() -> None:
    assert list(record_batches([], ITEMS_SCHEMA, BrokenLines())) == []
