"""Ids that look the same are the same, in Spark and in Python."""

import sys
import unicodedata

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from mars_model.sources.clean_columns import clean_id_column, holds_control
from mars_model.sources.clean_text import clean_id


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("A1", "A1"),
        ("A1\r", "A1"),
        ("\tA1 \n", "A1"),
        ("\u00a0A1\u00a0", "A1"),
        ("\ufeffA1", "A1"),
        ("A\u200b1", "A1"),
        ("A\u00a01", "A 1"),
        ("A  1", "A  1"),
        ("ß-é-日本", "ß-é-日本"),
        ("\u2028A1\u2029", "A1"),
        ("A\n1", "A\n1"),
        (" \u200b\t", None),
        ("", None),
        ("$&^[]()*.", "$&^[]()*."),
    ],
)
def test_an_id_is_cleaned_alike_in_spark_and_in_python(
    spark: SparkSession, given: str, expected: str | None
) -> None:
    assert clean_id(given) == expected
    frame = spark.createDataFrame([(given,)], "id string")
    assert frame.select(clean_id_column(F.col("id"))).first()[0] == expected


def test_every_character_is_treated_alike_in_spark_and_in_python(spark: SparkSession) -> None:
    # All of the first plane, and of the others what is no letter of some script.
    codes = [n for n in range(sys.maxunicode + 1) if not 0xD800 <= n <= 0xDFFF]
    every = [chr(n) for n in codes if n < 0x10000 or unicodedata.category(chr(n))[0] in "ZM"]
    every += [chr(n) for n in (0x1D173, 0x1F600, *range(0xE0000, 0xE0200))]
    frame = spark.createDataFrame(pa.table({"id": [f"{c}a{c}b{c}" for c in every]}))
    found = frame.select(clean_id_column(F.col("id")).alias("id")).toArrow()["id"].to_pylist()
    assert found == [clean_id(f"{c}a{c}b{c}") for c in every]
    # What the standard calls a blank never stays around an id; what it calls a letter always does.
    for character, cleaned in zip(every, found, strict=True):
        category = unicodedata.category(character)
        if category in ("Zs", "Zl", "Zp", "Cc"):
            assert cleaned[0] == "a" and cleaned[-1] == "b"
        if category[0] in "LNPS":
            assert cleaned == f"{character}a{character}b{character}"


def test_a_line_break_within_an_id_is_seen(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("A\n1",), ("A\x001",), ("A 1",), ("A\u20281",)], "id string")
    assert [row[0] for row in frame.select(holds_control(F.col("id"))).collect()] == [
        *(True, True, False, True)
    ]
