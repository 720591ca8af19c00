"""Reads and writes of Delta tables, on a path with a space, a quote and a bracket."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from threading import Thread

import pytest
from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from mars_model.errors import InputDataError, MarsBatchError
from mars_model.tables import contracts
from mars_model.tables.contracts import IdTypes
from mars_model.tables.views import register_views
from mars_model.tables.warehouse import Warehouse

IDS = IdTypes("bigint", "bigint")
INTERACTION = "user_id bigint, item_id bigint, rating double, interacted_at timestamp"
STAGED = (
    "run_date date, run_id string, model_version string, user_id bigint, rank int, "
    "item_id bigint, score float, source string, "
    "because array<struct<item_id: bigint, attention: float, contribution: float, "
    "score_without: float>>, "
    "reason_kind string, reason string, named_items array<bigint>, score_without_named float, "
    "best_unlisted_score float"
)


@pytest.fixture
def warehouse(spark: SparkSession, tmp_path: Path) -> Warehouse:
    return Warehouse(spark, str(tmp_path / "night's [own] é tables"))


def staged(spark: SparkSession, day: date, user_ids: tuple[int, ...], run_id: str) -> DataFrame:
    rows = [
        (day, run_id, "mars-1", user_id, 1, 7, 0.5, "mars", *[None] * 6) for user_id in user_ids
    ]
    return spark.createDataFrame(rows, STAGED)


@pytest.mark.parametrize(
    ("table", "command"),
    [
        ("items", "mars-batch import --items FILE"),
        ("interactions", "mars-batch import --interactions FILE"),
        ("item_documents", "mars-batch build-documents"),
        ("user_histories", "mars-batch build-histories"),
        ("item_vectors", "mars-batch encode-items"),
        ("unserved_users", "mars-batch nightly"),
    ],
)
def test_reading_a_missing_table_says_what_makes_it(
    warehouse: Warehouse, table: str, command: str
) -> None:
    with pytest.raises(InputDataError, match="not found at") as caught:
        warehouse.read(table)
    assert str(caught.value).endswith(f"Make it with: {command}")
    with pytest.raises(InputDataError, match="not found at"):
        warehouse.version(table)
    assert not warehouse.exists(table)
    assert warehouse.commits(table) == []
    assert table not in warehouse.pin(table)


def test_a_table_that_breaks_its_contract_is_refused_by_column(
    spark: SparkSession, warehouse: Warehouse
) -> None:
    broken = spark.createDataFrame([(1, 2)], "item_id bigint, title int")
    broken.write.format("delta").save(warehouse.location("items"))
    with pytest.raises(InputDataError) as caught:
        warehouse.read("items", version=0)
    message = str(caught.value)
    assert message.startswith("items (version 0) at ")
    assert "column 'title' is int, expected string" in message
    assert "column 'text' is missing, expected string" in message


def test_merge_updates_rows_with_equal_keys_null_included_and_inserts_the_others(
    spark: SparkSession, warehouse: Warehouse
) -> None:
    warehouse.create("interactions", IDS)
    warehouse.create("interactions", IDS)
    key = ("user_id", "item_id", "interacted_at")
    first = spark.createDataFrame([(1, 10, 3.0, None), (2, 20, 4.0, None)], INTERACTION)
    again = spark.createDataFrame([(1, 10, 5.0, None), (3, 30, None, None)], INTERACTION)
    warehouse.merge("interactions", first, key)
    warehouse.merge("interactions", again, key)

    rows = warehouse.read("interactions").orderBy("user_id").collect()
    assert [tuple(row) for row in rows] == [
        (1, 10, 5.0, None),
        (2, 20, 4.0, None),
        (3, 30, None, None),
    ]
    assert warehouse.version("interactions") == 2
    before = warehouse.read("interactions", version=1).orderBy("user_id").collect()
    assert [row["rating"] for row in before] == [3.0, 4.0]


def test_a_merge_brings_new_columns_and_keeps_the_contract(
    spark: SparkSession, warehouse: Warehouse
) -> None:
    warehouse.create("items", IDS)
    schema = "item_id bigint, title string, text string, available_from timestamp, "
    schema += "available_until timestamp"
    warehouse.merge(
        "items", spark.createDataFrame([(1, "Orbit", None, None, None)], schema), ("item_id",)
    )
    wider = spark.createDataFrame(
        [(2, "Salt", None, None, None, "food")], schema + ", genres string"
    )
    warehouse.merge("items", wider, ("item_id",))
    rows = warehouse.read("items").orderBy("item_id").select("item_id", "genres").collect()
    assert [tuple(row) for row in rows] == [(1, None), (2, "food")]


def test_overwrite_where_replaces_those_rows_only_and_keeps_its_note(
    spark: SparkSession, warehouse: Warehouse
) -> None:
    table = "recommendations_staged"
    monday, tuesday = date(2026, 3, 2), date(2026, 3, 3)
    warehouse.create(table, IDS)
    assert warehouse.pin(table)[table].note is None
    warehouse.overwrite(table, staged(spark, monday, (1, 2), "a"), {"run_id": "a"})
    made_from = {"run_id": "c", "inputs": {"items": 4}}
    # Another order of columns: the table's own counts.
    rows = staged(spark, tuesday, (3,), "b").select(*reversed(contracts.schema(table, IDS).names))
    warehouse.overwrite(table, rows, {"run_id": "b"}, where="run_date = '2026-03-03'")
    warehouse.overwrite(
        table, staged(spark, tuesday, (4,), "c"), made_from, where="run_date = '2026-03-03'"
    )

    found = warehouse.read(table).orderBy("user_id").select("run_date", "user_id", "score")
    assert [tuple(row) for row in found.collect()] == [
        (monday, 1, 0.5),
        (monday, 2, 0.5),
        (tuesday, 4, 0.5),
    ]
    assert warehouse.pin(table)[table].note == made_from
    assert [(commit.version, commit.note) for commit in warehouse.commits(table)] == [
        (3, made_from),
        (2, {"run_id": "b"}),
        (1, {"run_id": "a"}),
        (0, None),
    ]


def test_of_two_writers_of_the_same_rows_one_is_told_that_the_others_stand(
    spark: SparkSession, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on a file system of several machines, where no lock lets one wait for the other.
    monkeypatch.setattr(Warehouse, "alone", lambda self, table: nullcontext())
    table = "recommendations_staged"
    warehouse.create(table, IDS)
    both_have_begun = F.udf(lambda value: time.sleep(3) or value, "float")

    def write(user_id: int) -> str:
        rows = staged(spark, date(2026, 3, 2), (user_id,), str(user_id))
        slow = rows.withColumn("score", both_have_begun("score"))
        try:
            warehouse.overwrite(table, slow, where="run_date = date'2026-03-02'")
        except MarsBatchError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor() as threads:
        said = list(threads.map(write, (1, 2)))
    (told,) = (one for one in said if one)
    assert told.startswith(
        f"table {table} where run_date = date'2026-03-02': another run wrote it at the same time"
    )
    rows = warehouse.read_arrow(table, ("user_id",)).to_pylist()
    assert rows == [{"user_id": said.index("") + 1}]


def test_what_was_tidied_up_while_it_was_written_is_written_again(
    spark: SparkSession, tmp_path: Path
) -> None:
    warehouse, table = Warehouse(spark, str(tmp_path / "tables")), "recommendations_staged"
    location = warehouse.location(table)
    warehouse.create(table, IDS)
    for user_id in (1, 2):
        rows = staged(spark, date(2026, 3, 2), (user_id,), "a")
        rows.write.format("delta").mode("append").save(location)
    begun, tidied = tmp_path / "begun", tmp_path / "tidied"

    def hold(score: float) -> float:
        begun.touch()
        while not tidied.exists():
            time.sleep(0.01)
        return score

    def tidy() -> None:
        while not begun.exists():
            time.sleep(0.01)
        DeltaTable(location).optimize.compact()
        tidied.touch()

    rows = staged(spark, date(2026, 3, 2), (3,), "b")
    held = rows.withColumn("score", F.udf(hold, "float")("score"))
    tidying = Thread(target=tidy)
    tidying.start()
    warehouse.overwrite(table, held, where="run_date = date'2026-03-02'")
    tidying.join()
    done = [commit["operation"] for commit in DeltaTable(location).history(2)]
    assert done == ["WRITE", "OPTIMIZE"]
    assert warehouse.read_arrow(table, ("user_id",)).to_pylist() == [{"user_id": 3}]


@pytest.mark.parametrize("through", ["files", "Spark"])
def test_a_few_rows_are_added_or_put_in_place_of_others(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, through: str
) -> None:
    if through == "Spark":
        monkeypatch.setattr(Warehouse, "_folder", lambda self, table: None)
    table, monday, tuesday = "recommendation_runs", date(2026, 3, 2), date(2026, 3, 3)
    warehouse.create(table, IDS)
    # Columns by name, whatever their order; those that are not there are null.
    warehouse.append(table, [{"run_date": monday, "run_id": "a", "counts": {"users": 5}}])
    warehouse.append(table, [{"run_id": "b", "run_date": tuesday, "status": "published"}])
    warehouse.append(
        table,
        [{"run_id": "c", "run_date": tuesday}, {"run_id": "d", "run_date": tuesday}],
        instead_of="run_date = date'2026-03-03'",
    )
    columns = ("run_id", "run_date", "status", "counts")
    found = warehouse.read_arrow(table, columns).to_pylist()
    assert sorted(tuple(row.values()) for row in found) == [
        ("a", monday, None, [("users", 5)]),
        ("c", tuesday, None, None),
        ("d", tuesday, None, None),
    ]
    warehouse.append(table, [], instead_of="run_date = date'2026-03-03'")
    assert warehouse.read_arrow(table, ("run_id",)).to_pylist() == [{"run_id": "a"}]
    assert warehouse.version(table) == 4


def test_tables_carry_their_comments_and_remember_that_they_are_synthetic(
    spark: SparkSession, warehouse: Warehouse
) -> None:
    assert not warehouse.is_synthetic()
    warehouse.create("items", IdTypes("string", "bigint"))
    assert not warehouse.is_synthetic()
    warehouse.mark_synthetic()
    assert warehouse.is_synthetic()
    fields = warehouse.read("items").schema
    assert fields["available_until"].metadata["comment"].startswith("not recommended from")
    detail = spark.sql(f"describe detail delta.`{warehouse.location('items')}`").first()
    assert detail["description"] == "One row per item"


def test_id_types_are_those_of_the_source_tables(warehouse: Warehouse) -> None:
    warehouse.create("items", IdTypes("string", "bigint"))
    with pytest.raises(InputDataError, match="import --interactions"):
        warehouse.id_types()
    warehouse.create("interactions", IdTypes("string", "bigint"))
    assert warehouse.id_types() == IdTypes(item="string", user="bigint")


def test_only_tables_that_are_there_become_views(warehouse: Warehouse) -> None:
    warehouse.create("items", IDS)
    assert register_views(warehouse) == ["items"]


@pytest.mark.parametrize("has_deletion_vectors", [False, True])
def test_a_table_read_for_the_driver_has_the_rows_that_stand_now(
    warehouse: Warehouse, has_deletion_vectors: bool
) -> None:
    spark = warehouse.spark
    warehouse.create("interactions", IDS)
    where = f"delta.`{warehouse.location('interactions')}`"
    if has_deletion_vectors:
        spark.sql(f"alter table {where} set tblproperties ('delta.enableDeletionVectors' = 'true')")
    rows = [(user_id, 10 * user_id, 4.0, None) for user_id in range(1, 6)]
    warehouse.overwrite("interactions", spark.createDataFrame(rows, INTERACTION).coalesce(1))
    spark.sql(f"delete from {where} where user_id = 2")
    warehouse.append("interactions", [{"user_id": 9, "item_id": 90}])
    found = warehouse.read_arrow("interactions", ("item_id", "user_id"))
    assert found.column_names == ["item_id", "user_id"]
    pairs = zip(*(found.column(name).to_pylist() for name in ("user_id", "item_id")), strict=True)
    assert sorted(pairs) == [(1, 10), (3, 30), (4, 40), (5, 50), (9, 90)]


def test_an_empty_table_read_for_the_driver_has_its_columns(warehouse: Warehouse) -> None:
    warehouse.create("interactions", IDS)
    found = warehouse.read_arrow("interactions", ("item_id",))
    assert (found.num_rows, found.column_names) == (0, ["item_id"])
