"""Vectors night after night: only what is new."""

import pytest

from mars_model.night.encode_items import encode_items
from tests.night.conftest import copy_night, rows_of

ITEMS = "item_id bigint, title string, words array<string>, n_words int, text_hash string"


@pytest.fixture(scope="module")
def encoded(night, tmp_path_factory):
    """Two calls after item 101 got a text of its own and 301 came with the text of 102."""
    copied = copy_night(night, tmp_path_factory.mktemp("encoded") / "wh")
    warehouse, bundle = copied.warehouse, copied.registry.promoted()
    before = {row["item_id"]: row for row in rows_of(warehouse, "item_vectors")}
    (known,) = [r for r in rows_of(warehouse, "item_documents") if r["item_id"] == 102]
    changed = [
        (101, "Orbit", ["chef", "soup"], 2, "a new hash"),
        (301, "Comet Station II", known["words"], known["n_words"], known["text_hash"]),
    ]
    rows = warehouse.spark.createDataFrame(changed, ITEMS)
    warehouse.merge("item_documents", rows, ("item_id",))
    first = encode_items(warehouse, bundle)
    second = encode_items(warehouse, bundle)
    after = {row["item_id"]: row for row in rows_of(warehouse, "item_vectors")}
    return before, first, second, after


def test_only_new_and_changed_items_are_made(encoded):
    _, first, _, _ = encoded
    assert (first.n_rows, first.was_current) == (2, False)


def test_a_second_call_has_nothing_to_do_and_writes_nothing(encoded):
    _, first, second, _ = encoded
    assert (second.n_rows, second.was_current) == (0, True)
    assert second.version == first.version


def test_vectors_of_unchanged_items_stay_as_they_were(encoded):
    before, _, _, after = encoded
    assert set(after) == set(before) | {301}
    assert {i: after[i] for i in before if i != 101} == {i: before[i] for i in before if i != 101}


def test_a_changed_text_replaces_its_vectors_and_a_known_text_shares_them(encoded):
    before, _, _, after = encoded
    assert after[101]["text_hash"] == "a new hash"
    assert after[101]["item_vector"] != before[101]["item_vector"]
    assert after[301] == {**before[102], "item_id": 301}
