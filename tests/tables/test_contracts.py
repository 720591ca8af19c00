"""sql/tables says which columns a table has; what breaks it is named at once."""

import pytest
from pyspark.sql import SparkSession
from pyspark.sql.types import LongType, StringType, StructType

from mars_model.errors import InputDataError
from mars_model.resources import sql_files
from mars_model.tables import contracts
from mars_model.tables.contracts import IdTypes

TABLES = [path.stem for path in sql_files("tables")]
MIXED = IdTypes(item="string", user="bigint")


def test_every_table_of_the_house_has_a_definition() -> None:
    assert TABLES == [
        "evaluation_metrics",
        "excluded_items",
        "interactions",
        "item_documents",
        "item_vectors",
        "items",
        "recommendation_runs",
        "recommendations",
        "recommendations_staged",
        "rejected_rows",
        "segment_items",
        "unserved_users",
        "user_histories",
        "user_segments",
    ]


@pytest.mark.parametrize("table", TABLES)
def test_a_definition_parses_with_its_ids_filled_in(spark: SparkSession, table: str) -> None:
    schema = contracts.schema(table, MIXED)
    types = {field.name: field.dataType.simpleString() for field in schema}
    assert types.get("user_id", "bigint") == "bigint"
    assert types.get("item_id", "string") == "string"
    assert "${" not in contracts.create_statement(table, "delta.`/somewhere`", MIXED)
    contracts.check_contract(table, schema, table)


def test_ids_are_typed_wherever_they_occur(spark: SparkSession) -> None:
    histories = contracts.schema("user_histories", MIXED)
    assert histories["item_ids"].dataType.simpleString() == "array<string>"
    because = contracts.schema("recommendations", IdTypes("bigint", "string"))["because"]
    assert because.dataType.simpleString() == (
        "array<struct<item_id:bigint,attention:float,contribution:float,score_without:float>>"
    )


def test_columns_keep_their_comments_and_may_not_be_null_where_said(spark: SparkSession) -> None:
    interactions = contracts.schema("interactions", MIXED)
    assert interactions["rating"].metadata == {"comment": "null where the event has none"}
    assert [field.nullable for field in interactions] == [False, False, True, True]


def test_all_wrong_columns_are_named_with_found_and_expected(spark: SparkSession) -> None:
    found = StructType.fromDDL("item_id double, title string, text array<string>")
    with pytest.raises(InputDataError) as caught:
        contracts.check_contract("items", found, "items (version 12)")
    message = str(caught.value)
    assert message.startswith("items (version 12): ")
    assert "column 'item_id' is double, expected bigint or string" in message
    assert "column 'text' is array<string>, expected string" in message
    assert "column 'available_from' is missing, expected timestamp" in message
    assert "column 'available_until' is missing, expected timestamp" in message
    assert "'title'" not in message
    assert "sql/tables/items.sql" in message
    assert caught.value.exit_code == 3


def test_a_table_of_an_earlier_release_says_what_adds_its_columns(spark: SparkSession) -> None:
    full = contracts.schema("recommendations", IdTypes("string", "bigint"))
    earlier = StructType([field for field in full if field.name not in ("reason", "named_items")])
    lacking = contracts.columns_beyond("recommendations", earlier)
    assert [(f.name, f.dataType.simpleString()) for f in lacking] == [
        ("reason", "string"),
        ("named_items", "array<string>"),
    ]
    with pytest.raises(InputDataError, match=r"are added by: mars-batch nightly$"):
        contracts.check_contract("recommendations", earlier, "recommendations")
    assert not contracts.columns_beyond("recommendations", full)


def test_a_column_that_no_release_was_without_is_not_added(spark: SparkSession) -> None:
    without_ids = StructType.fromDDL("title string, text string")
    names = contracts.columns_beyond("items", without_ids).fieldNames()
    assert "item_id" not in names
    with pytest.raises(InputDataError, match="column 'item_id' is missing"):
        contracts.check_contract("items", without_ids, "items")


def test_extra_columns_and_another_order_keep_the_contract(spark: SparkSession) -> None:
    found = StructType.fromDDL(
        "genres string, interacted_at timestamp, rating double, item_id bigint, user_id string"
    )
    contracts.check_contract("interactions", found, "interactions")


def test_an_id_of_another_type_than_the_table_it_refers_to_is_refused() -> None:
    contracts.check_same_type("a.item_id", LongType(), LongType(), "items")
    with pytest.raises(InputDataError) as caught:
        contracts.check_same_type("a.item_id", StringType(), LongType(), "items")
    assert str(caught.value) == "a.item_id is string, expected bigint as in items"
