"""item_neighbours: made once, kept in step, and a night through them publishes the same rows."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from mars_model.night.encode_items import encode_items
from mars_model.night.kept_lists import TABLE
from mars_model.night.update_lists import update_lists

from mars_model.night.build_tables import build_documents, build_histories
from mars_model.night.inputs import read_inputs
from mars_model.night.run_night import run_night
from mars_model.tables.contracts import schema
from tests.conftest import RUN_DATE, Night, small_settings
from tests.night.conftest import by_user, copy_night, put_rows, rows_of

ROWS = ("user_id", "rank", "item_id", "score", "source", "because")
LENGTH = 16
NEVER = datetime(2099, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.night


@pytest.fixture(scope="module")
def small(night, tmp_path_factory) -> Night:
    """The night again, through lists, with ten items more that may not be shown yet.

    Tests of this module go on from one another.
    """
    copied = copy_night(night, tmp_path_factory.mktemp("neighbours") / "wh")
    texts = ("A chef cooks soup", "A crew in orbit", "A rival rocket", "An astronaut in a kitchen")
    later = [{"item_id": 400 + n, "text": texts[n % 4], "available_from": NEVER} for n in range(10)]
    put_rows(copied.warehouse, "items", rows_of(copied.warehouse, "items") + later)
    settings = small_settings("scoring.path=lists", f"scoring.list_length={LENGTH}")
    parts = (copied.warehouse, copied.registry, settings, RUN_DATE)
    return replace(copied, settings=settings, run=run_night(*parts, lambda _: None, False, True))


def published(night: Night) -> list[list]:
    rows = by_user(rows_of(night.warehouse, "recommendations"))
    return [[row[name] for name in ROWS] for row in rows]


def update(night: Night) -> tuple[int, int]:
    """Lists made and items entered by one more update, by what stands in the sources now."""
    warehouse, bundle = night.warehouse, night.registry.promoted()
    built = (
        build_documents(warehouse, night.settings),
        build_histories(warehouse, night.settings, RUN_DATE),
        encode_items(warehouse, bundle),
    )
    versions = {"items": warehouse.version("items"), **{b.table: b.version for b in built}}
    inputs = read_inputs(warehouse, versions, bundle.model_version, RUN_DATE)
    everything, _ = inputs.catalogues()
    done = update_lists(warehouse, bundle, everything, versions["item_vectors"], LENGTH)
    return done.n_made, done.n_items_entered


def liked_items(night: Night) -> set[int]:
    histories = rows_of(night.warehouse, "user_histories")
    return {item for row in histories for item in row["item_ids"]}


def assert_lists_are_the_best(night: Night) -> None:
    """Every list: the items of most relevance plus bias, of those that the floor leaves out none.

    A list out of which something fell may be shorter, never wrong.
    """
    items = {row["item_id"]: row for row in rows_of(night.warehouse, "item_vectors")}
    for row in rows_of(night.warehouse, TABLE):
        memory = np.array(items[row["item_id"]]["memory_vector"])
        relevance = {i: float(memory @ np.array(r["item_vector"])) for i, r in items.items()}
        expected = {i: relevance[i] + items[i]["item_bias"] for i in items}
        listed = row["neighbour_ids"]
        assert row["scores"] == pytest.approx([expected[i] for i in listed], abs=1e-6)
        assert row["scores"] == sorted(row["scores"], reverse=True)
        assert max(expected[i] for i in items if i not in listed) <= row["floor"] + 1e-6
        assert row["floor"] <= row["scores"][-1]
        assert row["lowest"] <= min(relevance.values()) + 1e-6
        assert row["highest"] >= max(relevance.values()) - 1e-6


def test_a_first_night_makes_a_list_for_every_liked_item(small):
    rows = rows_of(small.warehouse, TABLE)
    assert {row["item_id"] for row in rows} == liked_items(small)
    assert list(rows[0]) == schema(TABLE, small.warehouse.id_types()).names
    assert {len(row["neighbour_ids"]) for row in rows} == {LENGTH}
    assert_lists_are_the_best(small)


def test_a_second_update_makes_nothing(small):
    assert update(small) == (0, 0)


def test_a_night_through_lists_publishes_the_rows_of_a_night_in_full_blocks(small, night):
    counts = small.run.counts
    assert counts["users_by_path_lists"] + counts["users_by_path_full"] == counts["users_by_mars"]
    assert counts["users_by_path_lists"] > 0
    assert "users_by_path_lists" not in night.run.counts
    assert published(small) == published(night)


def test_new_and_changed_items_are_entered_into_the_lists_that_stand(small):
    items = rows_of(small.warehouse, "items")
    (changed,) = [row for row in items if row["item_id"] == 101]
    changed["text"] = "A chef opens a kitchen in a rocket and cooks soup"
    new = {"item_id": 301, "text": "A rival chef cooks soup in a crowded kitchen"}
    put_rows(small.warehouse, "items", [*items, new])
    likes = rows_of(small.warehouse, "interactions")
    at = datetime(2026, 2, 1, tzinfo=UTC)
    likes.append({"user_id": 10, "item_id": 301, "rating": 5.0, "interacted_at": at})
    put_rows(small.warehouse, "interactions", likes)

    # Two of 23 items changed, and both are liked: lists of their own are made anew.
    assert update(small) == (2, 2)
    assert {row["item_id"] for row in rows_of(small.warehouse, TABLE)} == liked_items(small)
    assert_lists_are_the_best(small)
    lists = {row["item_id"]: row["neighbour_ids"] for row in rows_of(small.warehouse, TABLE)}
    assert any(301 in ids for item, ids in lists.items() if item not in (101, 301))


def test_lists_of_another_model_are_made_anew(small):
    held = small.warehouse.read(TABLE).limit(0)
    small.warehouse.overwrite(TABLE, held, {"model_version": "mars-other", "length": LENGTH})
    n_liked = len(liked_items(small))
    assert update(small) == (n_liked, 0)
    assert len(rows_of(small.warehouse, TABLE)) == n_liked
    assert_lists_are_the_best(small)
