"""Documents, histories and vectors night after night: only what is new."""

from datetime import date

import pytest

from mars_model.errors import InputDataError
from mars_model.night.build_tables import (
    bring_up_to_date,
    build_documents,
    build_histories,
    encode_items,
    histories_step,
    pin_inputs,
)
from mars_model.tables.warehouse import Warehouse
from tests.conftest import RUN_DATE, small_settings
from tests.night.conftest import copy_night, copy_sources, put_rows, rows_of

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


@pytest.fixture
def sources(night, tmp_path):
    """Items and interactions, and nothing made from them."""
    return copy_sources(night, tmp_path / "wh")


def test_documents_are_built_once_and_again_where_items_change(sources, night):
    first = build_documents(sources, night.settings)
    assert (first.table, first.n_rows, first.was_current) == ("item_documents", 12, False)
    second = build_documents(sources, night.settings)
    assert (second.version, second.n_rows, second.was_current) == (first.version, 12, True)
    put_rows(sources, "items", rows_of(sources, "items")[:5])
    third = build_documents(sources, night.settings)
    assert (third.n_rows, third.was_current) == (5, False)


def test_histories_belong_to_a_date_and_to_the_settings_of_likes(sources, night):
    first = build_histories(sources, night.settings, RUN_DATE)
    assert (first.n_rows, first.was_current) == (10, False)
    assert build_histories(sources, night.settings, RUN_DATE).was_current
    # Of likes on the days from 1 to 10 January; user 8 alone has all ten.
    earlier = build_histories(sources, night.settings, date(2026, 1, 4))
    assert not earlier.was_current
    assert max(row["n_items"] for row in rows_of(sources, "user_histories")) == 3
    # One star and two stars are likes now.
    build_histories(sources, small_settings("likes.min_rating=1"), RUN_DATE)
    liked = {r["user_id"]: r["item_ids"] for r in rows_of(sources, "user_histories")}
    assert liked[9] == [101] and liked[1][0] == 206


def test_a_run_reads_its_own_histories_where_another_run_writes_right_after_it(sources, night):
    pin = pin_inputs(sources)
    ours = histories_step(sources, night.settings, RUN_DATE, pin)
    theirs = histories_step(sources, night.settings, date(2026, 1, 2), pin)
    write = sources.overwrite

    def write_both(table, rows, note):
        write(table, rows, note)
        write(table, theirs.rows(), theirs.made_from)

    sources.overwrite = write_both
    pinned = bring_up_to_date(sources, ours, pin)
    found = sources.read("user_histories", pinned["user_histories"].version).collect()
    assert max(row["n_items"] for row in found) == 10
    assert max(row["n_items"] for row in rows_of(sources, "user_histories")) == 1
    assert ours.is_current(pinned) and not theirs.is_current(pinned)


def test_sources_that_are_missing_are_all_named(spark, tmp_path):
    with pytest.raises(InputDataError, match=r"items: not found.*; .*interactions: not found"):
        pin_inputs(Warehouse(spark, str(tmp_path)))
