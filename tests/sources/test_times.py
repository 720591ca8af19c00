"""Times by rules: one for all values of a column, said, and refused where values mix several."""

from datetime import UTC, date, datetime

import pytest
from pyspark.sql import SparkSession

from mars_model.errors import InputDataError
from mars_model.sources.times import is_time, read_times, rule_of, time_counts, time_look, time_text


def read(spark: SparkSession, *values: object, kind: str = "string") -> tuple[list, list, object]:
    rows = [(place, value) for place, value in enumerate(values)]
    frame = spark.createDataFrame(rows, f"n int, at {kind}")
    frame = frame.withColumn("at", time_text(frame, "at"))
    rule = None
    if not is_time(frame.schema["at"].dataType):
        rule = rule_of(
            frame.withColumns(time_look("at")).agg(*time_counts("at")).first(), "at", "x.csv"
        )
    reading = read_times(frame, "at", rule)
    shown = frame.select("n", reading.value.cast("string").alias("t"), reading.problem.alias("p"))
    found = sorted(tuple(row) for row in shown.collect())
    return [t for _, t, _ in found], [p for _, _, p in found], reading.announced


@pytest.mark.parametrize(
    ("values", "times", "announced"),
    [
        (
            ("2026-01-02", "2026-01-02T10:00:00Z", " 2026-01-02 10:00:00.5 "),
            ("2026-01-02 00:00:00", "2026-01-02 10:00:00", "2026-01-02 10:00:00.5"),
            "dates and times in ISO 8601",
        ),
        (("2026-01-02T10:00:00+02:00",), ("2026-01-02 08:00:00",), "dates and times in ISO 8601"),
        (
            ("20240115", "99991231"),
            ("2024-01-15 00:00:00", "9999-12-31 00:00:00"),
            "dates as YYYYMMDD",
        ),
        (("20240115103000",), ("2024-01-15 10:30:00",), "times as YYYYMMDDhhmmss"),
        (
            ("1112486027", "5", "0", "1112486027.0", "-1.5"),
            (
                *("2005-04-02 23:53:47", "1970-01-01 00:00:05", "1970-01-01 00:00:00"),
                *("2005-04-02 23:53:47", "1969-12-31 23:59:58.5"),
            ),
            "Unix seconds",
        ),
        (("1112486027250",), ("2005-04-02 23:53:47.25",), "Unix milliseconds"),
        (("1112486027000001",), ("2005-04-02 23:53:47.000001",), "Unix microseconds"),
        (("1112486027000001999",), ("2005-04-02 23:53:47.000001",), "Unix nanoseconds"),
        (("0",), ("1970-01-01 00:00:00",), None),
        ((None, "", "  "), (None, None, None), None),
    ],
)  # fmt: skip
def test_a_column_is_read_by_what_its_values_look_like(
    spark: SparkSession, values: tuple, times: tuple, announced: str | None
) -> None:
    assert read(spark, *values) == (list(times), [None] * len(values), announced)


def test_a_value_that_does_not_follow_the_columns_rule_is_no_time(spark: SparkSession) -> None:
    times, problems, _ = read(spark, "2026-01-02", "2026-13-01", "10:00:00", "now", "01/02/2026")
    assert times == ["2026-01-02 00:00:00", None, None, None, None]
    assert problems == [None, *["is no time, the column holds dates and times in ISO 8601"] * 4]
    times, problems, _ = read(spark, "20240115", "20240230")
    assert times[1] is None and problems[1] == "is no time, the column holds dates as YYYYMMDD"
    assert read(spark, "soon")[1] == ["is no time"]


@pytest.mark.parametrize(
    "values",
    [
        ("2026-01-02", "1112486027"),
        ("20240115", "1112486027"),
        ("1112486027", "1112486027000"),
        ("1112486027000", "1112486027000000"),
        ("20240115", "2024-01-16"),
    ],
)
def test_a_column_that_mixes_kinds_of_time_is_refused(spark: SparkSession, values: tuple) -> None:
    with pytest.raises(InputDataError) as caught:
        read(spark, *values)
    message = str(caught.value)
    assert message.startswith("file x.csv: column at mixes several kinds of time: 1 look like")
    assert all(value in message for value in values)


def test_typed_columns_are_what_they_are(spark: SparkSession) -> None:
    moment = datetime(2026, 1, 2, 10, tzinfo=UTC)
    assert read(spark, moment, kind="timestamp")[0] == ["2026-01-02 10:00:00"]
    assert read(spark, date(2026, 1, 2), kind="date")[0] == ["2026-01-02 00:00:00"]
    assert read(spark, 20240115, kind="int")[0] == ["2024-01-15 00:00:00"]
    # pandas keeps seconds as floats where some are missing.
    times, problems, announced = read(spark, 1112486027.0, float("nan"), kind="double")
    assert times == ["2005-04-02 23:53:47", None] and problems == [None, None]
    assert announced == "Unix seconds"
