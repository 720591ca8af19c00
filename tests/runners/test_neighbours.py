"""item_neighbours: made once, kept in step, and a night through them publishes the same rows."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mars_model.bundle.registry import Registry
from mars_model.runners.importing import merge_files
from mars_model.runners.inputs import read_inputs
from mars_model.runners.neighbours import TABLE, update_lists
from mars_model.runners.scoring import run_night
from mars_model.tables.contracts import schema
from mars_model.tables.warehouse import Warehouse
from tests.conftest import RUN_DATE, run_small_night, small_settings

ROWS = ("user_id", "rank", "item_id", "score", "source", "because")

pytestmark = pytest.mark.night


@pytest.fixture(scope="module")
def small(spark, tmp_path_factory):
    """A night through lists of sixteen; tests of this module go on from one another."""
    folder = tmp_path_factory.mktemp("neighbours")
    settings = small_settings("scoring.path=lists", "scoring.list_length=16")
    return run_small_night(Warehouse(spark, str(folder / "wh")), folder, settings)


def run_again(night, *overrides):
    settings = small_settings(*overrides)
    return run_night(
        night.warehouse, night.registry, settings, RUN_DATE, lambda line: None, False, True
    )


def published(night):
    rows = night.warehouse.read("recommendations").select(*ROWS)
    return rows.orderBy("user_id", "rank").collect()


def update(night, run):
    """What a further update would do, and the items' ids with a list."""
    inputs = read_inputs(night.warehouse, run.input_versions, run.model_version, RUN_DATE)
    everything, _ = inputs.catalogues()
    bundle = Registry(Path(night.warehouse.path) / "models").promoted()
    version = run.input_versions["item_vectors"]
    done = update_lists(night.warehouse, bundle, everything, version, 16)
    return done, {row["item_id"] for row in night.warehouse.read(TABLE).collect()}


def test_a_first_night_makes_a_list_for_every_liked_item(small):
    liked = {
        item for row in small.warehouse.read("user_histories").collect() for item in row["item_ids"]
    }
    rows = small.warehouse.read(TABLE)
    assert {row["item_id"] for row in rows.collect()} == liked
    assert rows.schema.names == schema(TABLE, small.warehouse.id_types()).names
    for row in rows.collect():
        assert row["scores"] == sorted(row["scores"], reverse=True)
        assert len(row["neighbour_ids"]) == 12 and row["floor"] is None


def test_a_second_update_makes_nothing(small):
    done, _ = update(small, small.run)
    assert (done.n_made, done.n_items_entered) == (0, 0)


def test_a_night_through_lists_publishes_the_rows_of_a_night_in_full_blocks(small):
    through_lists = published(small)
    counts = small.run.counts
    assert counts["users_by_path_lists"] + counts["users_by_path_full"] == counts["users_by_mars"]
    run = run_again(small, "scoring.path=full")
    assert "users_by_path_lists" not in run.counts
    assert published(small) == through_lists


def test_new_and_changed_items_are_entered_and_the_night_is_that_of_lists_made_anew(
    small, tmp_path
):
    items = tmp_path / "items.csv"
    items.write_text(
        "item_id,title,text\n"
        "101,Orbit,A chef opens a kitchen in a rocket and cooks soup\n"
        "301,Ladle,A rival chef cooks soup in a crowded kitchen\n",
        encoding="utf-8",
    )
    likes = tmp_path / "likes.csv"
    likes.write_text("user_id,item_id,rating,interacted_at\n10,301,5,2026-02-01 10:00:00\n")
    merge_files(small.warehouse, small.settings, str(items), str(likes))
    # Two of thirteen items are more than a tenth: held below it, or all lists were made anew.
    run = run_again(small, "scoring.path=lists", "scoring.list_length=16")
    entered = published(small)
    _, listed = update(small, run)
    assert 301 in listed
    small.warehouse.spark.sql(f"delete from delta.`{small.warehouse.location(TABLE)}`")
    small.warehouse.overwrite(TABLE, small.warehouse.read(TABLE), {"model_version": "none"})
    again = run_again(small, "scoring.path=lists", "scoring.list_length=16")
    assert replace(again, durations_s={}, counts={}) == replace(run, durations_s={}, counts={})
    assert published(small) == entered
    assert np.isfinite([row["score"] for row in entered]).all()
