"""No name and no text becomes a part of a statement."""

import doctest

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

import mars_model.tables.sql_names
from mars_model.errors import MarsBatchError
from mars_model.features.documents import item_documents
from mars_model.settings import DocumentSettings
from mars_model.tables.contracts import IdTypes
from mars_model.tables.sql_names import is_word
from mars_model.tables.warehouse import Warehouse

# As a column of items: they say something else where they are not quoted.
NAMES = ("a.b", "1>1--", "*", "ü'\"", "struct<a:int>", "$a")


def test_the_examples_hold() -> None:
    assert doctest.testmod(mars_model.tables.sql_names).failed == 0


@pytest.mark.parametrize("word", ["' or true --", "a' or '1", "a\\", "", "a b", "ü", "a;b", "a\n"])
def test_a_text_that_is_no_word_is_refused(word: str) -> None:
    with pytest.raises(MarsBatchError, match=r"run_id .* expected letters, digits"):
        is_word("run_id", word)


def test_columns_of_any_name_are_added_merged_and_read(
    spark: SparkSession, warehouse: Warehouse
) -> None:
    def items(rows: list[tuple]):
        columns = [F.col(f"c{n}").alias(name) for n, name in enumerate(("item_id", *NAMES))]
        kinds = ["c0 bigint", *[f"c{n} string" for n in range(1, 1 + len(NAMES))]]
        return spark.createDataFrame(rows, ", ".join(kinds)).select(*columns)

    warehouse.create("items", IdTypes("bigint", "bigint"))
    warehouse.merge("items", items([(1, *NAMES), (2, *NAMES)]), ("item_id",))
    warehouse.merge("items", items([(2, *"uvwxyz"), (3, *NAMES)]), ("item_id",))
    found = {
        row["item_id"]: tuple(row[name] for name in NAMES)
        for row in warehouse.read_arrow("items", ("item_id", *NAMES)).to_pylist()
    }
    assert found == {1: NAMES, 2: tuple("uvwxyz"), 3: NAMES}
    settings = DocumentSettings(extra_columns=NAMES)
    # Spark looks for the columns when the frame is made, not when it runs.
    assert "words" in item_documents(warehouse.read("items"), settings).columns


def test_a_query_does_not_read_the_environment(spark: SparkSession) -> None:
    assert spark.sql("select '${env:HOME}' as said").first()["said"] == "${env:HOME}"
