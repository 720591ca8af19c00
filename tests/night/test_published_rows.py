"""Rows that stand under a published date are held to the record of their run."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from mars_model.night.published_rows import what_differs
from tests.conftest import Night
from tests.night.conftest import copy_night


def delete_a_row(location: str) -> None:
    DeltaTable(location).delete("user_id = 4 and rank = 4")


def add_a_row_twice(location: str) -> None:
    one = DeltaTable(location).to_pyarrow_table().slice(0, 1)
    for _ in range(2):  # in the xor of all rows they cancel out
        write_deltalake(location, one, mode="append")


def change_a_value(location: str) -> None:
    DeltaTable(location).update({"score": "score + 0.5"}, predicate="user_id = 1 and rank = 2")


def change_a_reason(location: str) -> None:
    DeltaTable(location).update({"because": "null"}, predicate="user_id = 1 and rank = 2")


def put_a_row_in_place_of_another(location: str) -> None:
    one = DeltaTable(location).to_pyarrow_table().slice(0, 1)
    row = one.to_pylist()[0]
    DeltaTable(location).delete(f"rank = {row['rank']} and user_id = {row['user_id'] % 7 + 1}")
    write_deltalake(location, one, mode="append")


def name_another_run(location: str) -> None:
    DeltaTable(location).update({"run_id": "'2026-03-01-00000000'"})


def empty_the_date(location: str) -> None:
    DeltaTable(location).delete("run_date = '2026-03-01'")


def remove_the_table(location: str) -> None:
    shutil.rmtree(location)


def remove_a_file(location: str) -> None:
    next(Path(location).glob("run_date=*/*.parquet")).unlink()


OTHER_VALUES = "some of its 38 rows hold other values than its record says"


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (delete_a_row, "37 rows where its record says 38"),
        (add_a_row_twice, "40 rows where its record says 38"),
        (change_a_value, OTHER_VALUES),
        (change_a_reason, OTHER_VALUES),
        (put_a_row_in_place_of_another, OTHER_VALUES),
        (name_another_run, OTHER_VALUES),
        (empty_the_date, "0 rows where its record says 38"),
        (remove_the_table, "no table where its record says 38 rows"),
        (remove_a_file, "its rows cannot be read ("),
    ],
)
def test_rows_that_are_not_those_of_their_record_are_found(
    night: Night, tmp_path: Path, damage: Callable[[str], None], found: str
) -> None:
    warehouse = copy_night(night, tmp_path / "wh").warehouse
    damage(warehouse.location("recommendations"))
    assert (what_differs(warehouse, night.run) or "").startswith(found)


def test_rows_stored_in_another_order_and_beside_another_date_are_those_of_the_record(
    night: Night, tmp_path: Path
) -> None:
    warehouse = copy_night(night, tmp_path / "wh").warehouse
    location = warehouse.location("recommendations")
    rows = DeltaTable(location).to_pyarrow_table().sort_by([("item_id", "descending")])
    pieces = [rows.slice(0, 11), rows.slice(11)]
    DeltaTable(location).delete()
    for piece in pieces:
        write_deltalake(location, piece, mode="append")
    day_after = pa.array([date(2026, 3, 2)] * rows.num_rows)
    place = rows.schema.get_field_index("run_date")
    write_deltalake(location, rows.set_column(place, "run_date", day_after), mode="append")
    assert what_differs(warehouse, night.run) is None


def test_a_record_of_an_earlier_release_has_no_hash_and_its_rows_are_counted(
    night: Night, tmp_path: Path
) -> None:
    warehouse = copy_night(night, tmp_path / "wh").warehouse
    old, location = replace(night.run, rows_hash=None), warehouse.location("recommendations")
    change_a_value(location)
    assert what_differs(warehouse, old) is None
    delete_a_row(location)
    assert what_differs(warehouse, old) == "37 rows where its record says 38"
