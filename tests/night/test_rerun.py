"""What a re-run reads: what its run read, or a sentence that says why it cannot."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from mars_model.errors import InputDataError
from mars_model.night.build_tables import pin_inputs
from mars_model.night.rerun import identities_of, pin_again, run_to_read_as
from mars_model.night.runs import Run
from mars_model.tables.warehouse import Warehouse
from tests.night.conftest import put_rows

MONDAY = date(2026, 3, 2)
LIKE = {"user_id": 1, "item_id": 10}


def run_over(warehouse: Warehouse) -> Run:
    """The record of a run that read what is there now."""
    now = pin_inputs(warehouse)
    return Run(
        *("2026-03-02-00000000", MONDAY, "mars-1", "published", 4, 2),
        input_versions=now.versions("items", "interactions"),
        input_tables={
            table: f"{now[table].table_id}@{now[table].rows_version}"
            for table in ("items", "interactions")
        },
    )


@pytest.fixture
def shop(spark: SparkSession, tmp_path: Path) -> Warehouse:
    """Items and interactions, each written once."""
    warehouse = Warehouse(spark, str(tmp_path / "wh"))
    put_rows(warehouse, "items", [{"item_id": 10}])
    put_rows(warehouse, "interactions", [LIKE])
    return warehouse


def test_a_date_that_was_not_published_and_a_repinned_one_read_what_is_there_now(shop):
    said: list[str] = []
    run, now = run_over(shop), pin_inputs(shop)
    assert run_to_read_as(None, now, False, said.append) is None
    assert run_to_read_as(run, now, True, said.append) is None
    assert said == []
    assert identities_of(None, now) == now.identities("items", "interactions")


def test_inputs_that_are_the_same_are_read_without_a_word_also_where_they_were_stored_anew(shop):
    said: list[str] = []
    run = run_over(shop)
    DeltaTable(shop.location("items")).optimize.z_order(["item_id"])
    DeltaTable(shop.location("items")).vacuum(0, False, False)  # its own files are gone
    now = pin_inputs(shop)
    assert run_to_read_as(run, now, False, said.append) is run
    assert said == []
    assert pin_again(shop, run, now)["items"] == now["items"]


def test_inputs_that_moved_on_are_named_and_read_at_their_own_version(shop):
    said: list[str] = []
    run = run_over(shop)
    before = identities_of(run, pin_inputs(shop))
    put_rows(shop, "interactions", [LIKE, LIKE | {"user_id": 2}])
    put_rows(shop, "excluded_items", [{"item_id": 10}])
    now = pin_inputs(shop)
    assert run_to_read_as(run, now, False, said.append) is run
    n = run.input_versions["interactions"]
    assert said == [
        f"inputs moved on since run {run.run_id} (interactions from version {n} to {n + 1}; "
        "excluded_items is new): its own are read, --repin takes those of now"
    ]
    pin = pin_again(shop, run, now)
    assert pin.identities("items", "interactions", "excluded_items") == before
    assert pin.versions("interactions", "excluded_items") == {"interactions": n}


def make_anew(warehouse: Warehouse) -> None:
    shutil.rmtree(warehouse.location("items"))
    put_rows(warehouse, "items", [{"item_id": 10}])


def change_and_vacuum(warehouse: Warehouse) -> None:
    put_rows(warehouse, "items", [{"item_id": 11}])
    DeltaTable(warehouse.location("items")).vacuum(0, False, False)


def remove_log(warehouse: Warehouse) -> None:
    put_rows(warehouse, "items", [{"item_id": 11}])
    table = DeltaTable(warehouse.location("items"))
    table.create_checkpoint()
    for version in range(table.version()):
        Path(warehouse.location("items"), "_delta_log", f"{version:020d}.json").unlink()


@pytest.mark.parametrize(
    ("lose", "why"),
    [
        (make_anew, "items was deleted and made anew"),
        (change_and_vacuum, "items (version 1) was vacuumed away, now it is version 4"),
        (remove_log, "items (version 1) was vacuumed away, now it is version 2"),
    ],
)
def test_inputs_that_cannot_be_read_again_are_named_with_what_to_do(shop, lose, why):
    run = run_over(shop)
    lose(shop)
    with pytest.raises(InputDataError) as raised:
        pin_again(shop, run, pin_inputs(shop))
    assert str(raised.value) == (
        f"run {run.run_id}: what it read cannot be read again: {why}. To take the inputs of now: "
        "mars-batch nightly --run-date 2026-03-02 --repin"
    )


def test_the_record_of_an_earlier_release_names_no_tables_and_those_of_now_are_read(shop):
    said: list[str] = []
    old = Run("2026-03-02-00000000", MONDAY, "mars-1", "published", 4, 2, {"items": 1})
    assert run_to_read_as(old, pin_inputs(shop), False, said.append) is None
    assert said == [
        f"run {old.run_id} is of an earlier release and does not say which tables it read: the "
        "inputs of now are taken, as with --repin"
    ]
