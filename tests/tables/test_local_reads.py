"""Reads for one process give the same rows from a table's files and through Spark."""

from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from mars_model.errors import InputDataError
from mars_model.tables import delta_files
from mars_model.tables.contracts import IdTypes
from mars_model.tables.warehouse import Warehouse

LISTS = (
    "run_date date, run_id string, model_version string, user_id bigint, rank int, "
    "item_id bigint, score float, source string, "
    "because array<struct<item_id: bigint, attention: float, contribution: float, "
    "score_without: float>>, "
    "reason_kind string, reason string, named_items array<bigint>, score_without_named float, "
    "best_unlisted_score float"
)
FRIDAY, SATURDAY, SUNDAY = date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)


@pytest.fixture(params=["from files", "through Spark"])
def warehouse(spark: SparkSession, tmp_path: Path, request: pytest.FixtureRequest) -> Warehouse:
    """Users 1 to 3 on Friday, 1 and 2 on Saturday, the others deleted.

    Where rows are deleted by deletion vectors only Spark reads the table.
    """
    warehouse = Warehouse(spark, str(tmp_path / "w"))
    warehouse.create("recommendations", IdTypes("bigint", "bigint"))
    name = f"delta.`{warehouse.location('recommendations')}`"
    has_vectors = request.param == "through Spark"
    if has_vectors:
        spark.sql(f"alter table {name} set tblproperties ('delta.enableDeletionVectors' = 'true')")
    rows = [
        (day, "a", "mars-1", user_id, 1, 10 * user_id, 0.5, "mars", *[None] * 6)
        for day, last in ((FRIDAY, 3), (SATURDAY, 3), (SUNDAY, 2))
        for user_id in range(1, last + 1)
    ]
    warehouse.overwrite("recommendations", spark.createDataFrame(rows, LISTS).coalesce(1))
    gone = "run_date = '2026-03-01' or run_date = '2026-02-28' and user_id = 3"
    spark.sql(f"delete from {name} where {gone}")
    found = delta_files.open_table(Path(warehouse.location("recommendations")), None)
    assert (found is None) == has_vectors
    return warehouse


def pairs(warehouse: Warehouse, version: int | None = None, **where: object) -> list[tuple]:
    columns = ("run_date", "user_id")
    found = warehouse.read_arrow("recommendations", columns, version, where).to_pylist()
    return sorted((row["run_date"], row["user_id"]) for row in found)


def test_rows_have_a_value_or_one_of_a_list_of_values(warehouse: Warehouse) -> None:
    assert pairs(warehouse, run_date=SATURDAY) == [(SATURDAY, 1), (SATURDAY, 2)]
    assert pairs(warehouse, user_id=[2, 3, 7]) == [(FRIDAY, 2), (FRIDAY, 3), (SATURDAY, 2)]
    assert pairs(warehouse, user_id=[1, 3], run_date=SATURDAY) == [(SATURDAY, 1)]
    assert pairs(warehouse, user_id=[]) == []


def test_an_earlier_version_has_its_own_rows(warehouse: Warehouse) -> None:
    before = warehouse.version("recommendations") - 1
    assert pairs(warehouse, before, run_date=SUNDAY) == [(SUNDAY, 1), (SUNDAY, 2)]
    assert warehouse.newest("recommendations", "run_date", before) == SUNDAY


def test_the_newest_partition_is_that_of_the_rows_that_stand(warehouse: Warehouse) -> None:
    assert warehouse.newest("recommendations", "run_date") == SATURDAY


def test_a_table_without_rows_has_no_newest_partition(warehouse: Warehouse) -> None:
    warehouse.create("recommendations_staged", IdTypes("bigint", "bigint"))
    assert warehouse.newest("recommendations_staged", "run_date") is None
    with pytest.raises(InputDataError, match="unserved_users: not found"):
        warehouse.newest("unserved_users", "run_id")


def test_a_check_tells_the_version_of_a_table_that_keeps_its_contract(warehouse: Warehouse) -> None:
    assert warehouse.check("recommendations") == warehouse.version("recommendations")
    warehouse.spark.range(1).write.format("delta").save(warehouse.location("items"))
    with pytest.raises(InputDataError, match=r"items .version 0. at .*'item_id' is missing"):
        warehouse.check("items")


def test_partitions_with_signs_in_their_names_are_read_from_files(
    spark: SparkSession, tmp_path: Path
) -> None:
    warehouse = Warehouse(spark, str(tmp_path / "100% [own] é tables"))
    genres = ("Sci-Fi: 100% é/x", "a b", "a%20b", "c=d", "it's")
    rows = [(i, "Salt", None, None, None, genre) for i, genre in enumerate(genres)]
    schema = "item_id bigint, title string, text string, available_from timestamp, "
    schema += "available_until timestamp, genre string"
    frame = spark.createDataFrame(rows, schema)
    location = warehouse.location("items")
    frame.write.format("delta").partitionBy("genre").save(location)
    assert delta_files.open_table(Path(location), None) is not None
    found = warehouse.read_arrow("items", ("item_id", "genre")).to_pylist()
    assert sorted((row["item_id"], row["genre"]) for row in found) == list(enumerate(genres))
    assert warehouse.read_arrow("items", ("item_id",), where={"genre": "a b"}).to_pylist() == [
        {"item_id": 1}
    ]
