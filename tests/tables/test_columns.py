"""The columns of the tables' contracts, read without Spark, against Spark's own parser."""

import pytest
from pyspark.sql import SparkSession
from pyspark.sql.types import ArrayType, LongType, MapType, StringType, StructType

from mars_model.resources import sql_files
from mars_model.tables import contracts
from mars_model.tables.columns import read_columns
from mars_model.tables.contracts import IdTypes

TABLES = [path.stem for path in sql_files("tables")]


@pytest.mark.parametrize("table", TABLES)
def test_columns_of_every_contract_are_those_that_spark_reads(
    spark: SparkSession, table: str
) -> None:
    ids = IdTypes(item="string", user="bigint")
    statement = contracts.create_statement(table, "delta.`/nowhere`", ids)
    listed = statement[statement.index("(") + 1 : statement.index("\n)")]
    assert contracts.schema(table, ids).json() == StructType.fromDDL(listed).json()


def test_nested_types_comments_and_not_null_are_kept() -> None:
    text = """
    a map<string, array<bigint>> not null comment 'one, two',
    b array<struct<id: bigint, names: map<string, string>>>
    """
    found = read_columns(text)
    assert found["a"].dataType == MapType(StringType(), ArrayType(LongType()))
    assert (found["a"].nullable, found["a"].metadata) == (False, {"comment": "one, two"})
    assert found["b"].dataType.simpleString() == (
        "array<struct<id:bigint,names:map<string,string>>>"
    )


@pytest.mark.parametrize("text", ["a", "a decimal(3, 1)", "a list<string>"])
def test_what_is_no_column_or_type_of_a_contract_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        read_columns(text)
