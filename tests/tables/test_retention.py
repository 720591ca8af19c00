"""What a table's log must hold for old versions to be read."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from mars_model.tables.retention import keep_log
from mars_model.tables.warehouse import Warehouse
from tests.night.conftest import NUMBERS, put_rows

TWO_MONTHS_AGO = (datetime.now(UTC) - timedelta(days=60)).timestamp()


def write_for_two_months(warehouse: Warehouse, by_spark: bool) -> None:
    """Version 1 two months ago, others today, with a checkpoint at each."""
    location = warehouse.location("items")
    put_rows(warehouse, "items", [{"item_id": 1}])
    for path in Path(location, "_delta_log").glob("*.json"):
        os.utime(path, (TWO_MONTHS_AGO, TWO_MONTHS_AGO))
    spark = warehouse.spark
    spark.sql(f"alter table delta.`{location}` set tblproperties ('delta.checkpointInterval'='1')")
    for item in (2, 3):
        if by_spark:
            spark.sql(f"insert into delta.`{location}` (item_id) values ({item})")
        else:
            put_rows(warehouse, "items", [{"item_id": item}])


def items_at_1(warehouse: Warehouse) -> list[int]:
    table = DeltaTable(warehouse.location("items"), version=1)
    return table.to_pyarrow_table()["item_id"].to_pylist()


@pytest.mark.parametrize("by_spark", [True, False])
def test_a_version_of_two_months_ago_is_read_however_many_checkpoints_came(warehouse, by_spark):
    warehouse.create("items", NUMBERS)
    write_for_two_months(warehouse, by_spark)
    assert items_at_1(warehouse) == [1]


@pytest.mark.long
def test_in_a_table_of_an_earlier_release_it_is_lost_unless_the_log_was_kept(spark, tmp_path):
    lost, kept = (Warehouse(spark, str(tmp_path / name)) for name in ("lost", "kept"))
    for warehouse in (lost, kept):
        warehouse.create("items", NUMBERS)
        table = f"delta.`{warehouse.location('items')}`"
        spark.sql(f"alter table {table} unset tblproperties ('delta.enableExpiredLogCleanup')")
    keep_log(kept, "items")
    for warehouse in (lost, kept):
        write_for_two_months(warehouse, by_spark=True)
    assert items_at_1(kept) == []  # two versions later than in a new table
    rows = DeltaTable(kept.location("items"), version=3).to_pyarrow_table()
    assert rows["item_id"].to_pylist() == [1]
    with pytest.raises(DeltaError):
        DeltaTable(lost.location("items"), version=2)
