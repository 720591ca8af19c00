"""Which rows keep the contract, and why the others do not."""

import json
from collections import Counter
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from mars_model.importing.sources import SOURCES
from mars_model.sources.files import read_file
from mars_model.sources.look import look_at
from mars_model.sources.name_rows import Named, Read, name_rows
from mars_model.sources.validate import (
    Validated,
    validate_excluded_items,
    validate_interactions,
    validate_items,
    validate_segment_items,
    validate_user_segments,
)
from mars_model.tables.contracts import IdTypes

BIGINT = IdTypes("bigint", "bigint")
STRING = IdTypes("string", "string")
NO_NUMBER = "is no whole number of 64 bits, as the ids in the table are"
EVENT = "user_id string, item_id string, rating string, interacted_at string"


COLUMNS = {source.table: source.columns for source in SOURCES}


def named(table: str, rows: DataFrame | Read, *extra: str) -> Named:
    read = rows if isinstance(rows, Read) else Read.of("x.csv", rows)
    return name_rows(read, (*COLUMNS[table], *extra), {}, (), "sources.of_it")


def judged(table: str, rows: DataFrame | Read, kept: IdTypes, *extra: str) -> Validated:
    looked = look_at(named(table, rows, *extra))
    if table == "items":
        return validate_items(looked, kept, extra)
    validate = {
        "interactions": validate_interactions,
        "excluded_items": validate_excluded_items,
        "user_segments": validate_user_segments,
        "segment_items": validate_segment_items,
    }
    return validate[table](looked, kept)


def collect(checked: Validated) -> tuple[list[tuple], dict[str, str]]:
    """Good rows with times as text, and row_json → reason."""
    good = checked.good
    times = [name for name, kind in good.dtypes if kind == "timestamp"]
    shown = good.withColumns({name: good[name].cast("string") for name in times})
    rejected = checked.rejected.collect()
    return sorted(tuple(r) for r in shown.collect()), {r["row_json"]: r["reason"] for r in rejected}


def reasons_by(rejected: dict[str, str], column: str) -> dict[str, str]:
    """A rejected row's raw value of a column → reason."""
    return {json.loads(row).get(column): reason for row, reason in rejected.items()}


def test_every_bad_event_has_its_reason_and_no_row_is_lost(spark: SparkSession) -> None:
    rows = [
        ("1", "10", "4.5", "2026-01-01 10:00:00"),
        (" 2 ", "10", None, None),
        (None, "11", "5", None),
        ("  ", "12", "5", None),
        ("1", None, "5", None),
        ("one", "14", "5", None),
        ("1.5", "15", "5", None),
        ("1", "16", "NaN", None),
        ("1", "17", "-Infinity", None),
        ("1", "18", "five", None),
        ("1", "19", "5", "soon"),
        ("1", "20", "", ""),
    ]
    good, rejected = collect(judged("interactions", spark.createDataFrame(rows, EVENT), BIGINT))
    assert good == [
        (1, 10, 4.5, "2026-01-01 10:00:00"),
        (1, 20, None, None),
        (2, 10, None, None),
    ]
    assert reasons_by(rejected, "item_id") == {
        "11": "user_id is missing",
        "12": "user_id is missing",
        None: "item_id is missing",
        "14": f"user_id {NO_NUMBER}",
        "15": f"user_id {NO_NUMBER}",
        "16": "rating is no finite number",
        "17": "rating is no finite number",
        "18": "rating is no finite number",
        "19": "interacted_at is no time, the column holds dates and times in ISO 8601",
    }
    assert len(good) + len(rejected) == len(rows)


def test_numbers_of_typed_files_are_held_to_the_same(spark: SparkSession) -> None:
    schema = "user_id double, item_id int, rating float, interacted_at bigint"
    rows = [
        (1.0, 10, 4.5, 1112486027),
        (1.5, 11, 4.0, None),
        (float("nan"), 12, 4.0, None),
        (12345678901.0, 13, float("nan"), None),
    ]
    checked = judged("interactions", spark.createDataFrame(rows, schema), BIGINT)
    good, rejected = collect(checked)
    # NaN is how pandas writes that nothing is there.
    assert good == [(1, 10, 4.5, "2005-04-02 23:53:47"), (12345678901, 13, None, None)]
    assert reasons_by(rejected, "item_id") == {
        11: f"user_id {NO_NUMBER}",
        12: "user_id is missing",
    }
    assert checked.announced == {"interacted_at": "Unix seconds"}


def test_of_repeated_events_the_highest_rating_stays(spark: SparkSession) -> None:
    rows = [
        ("1", "10", "3", None),
        ("1", "10", "5", None),
        ("1", "10", None, None),
        ("1", "10", "2", "2026-01-01"),
        (" 1", "10", "4", "2026-01-01 00:00:00"),
        ("2", "10", "1", None),
        ("2", "10", "1", None),
    ]
    checked = judged("interactions", spark.createDataFrame(rows, EVENT), BIGINT)
    good = sorted(tuple(row)[:3] for row in checked.good.collect())
    rejected = Counter(row["reason"] for row in checked.rejected.collect())
    assert good == [(1, 10, 4.0), (1, 10, 5.0), (2, 10, 1.0)]
    assert rejected == {"repeats user_id, item_id, interacted_at": 4}


def test_of_repeated_items_the_last_title_stays_with_its_extra_columns(
    spark: SparkSession,
) -> None:
    schema = "item_id string, title string, text string, genres string, available_from string"
    rows = [
        ("1", "Orbit", "a", "space", "2026-01-01"),
        ("1", "Orbit", "b", "drama", None),
        ("1", None, "c", "noir", None),
        ("2", "Salt", None, None, "later"),
        ("3", None, None, None, None),
    ]
    checked = judged("items", spark.createDataFrame(rows, schema), BIGINT, "genres")
    assert checked.good.columns == [
        *("item_id", "title", "text", "available_from", "available_until", "genres")
    ]
    good, rejected = collect(checked)
    assert good == [
        (1, "Orbit", "b", None, None, "drama"),
        (3, None, None, None, None, None),
    ]
    assert Counter(rejected.values()) == {
        "repeats item_id": 2,
        "available_from is no time, the column holds dates and times in ISO 8601": 1,
    }


def test_lines_that_cannot_be_parsed_are_rejected_as_they_stand(
    spark: SparkSession, tmp_path: Path
) -> None:
    path = tmp_path / "items.csv"
    path.write_text("item_id,title,a.b\n1,Orbit,x\n2,Salt,y,z\n", encoding="utf-8")
    good, rejected = collect(
        judged("items", read_file(spark, str(path), tmp_path / "read"), BIGINT)
    )
    assert good == [(1, "Orbit", None, None, None)]
    assert rejected == {"2,Salt,y,z": "the line has 4 fields, not 3"}


def test_string_ids_keep_their_letters_and_zeros(spark: SparkSession) -> None:
    rows = [("007", "tt1", None, None), ("7", "tt1", None, None), (" 7 ", "tt2", None, None)]
    good, rejected = collect(judged("interactions", spark.createDataFrame(rows, EVENT), STRING))
    assert [row[:2] for row in good] == [("007", "tt1"), ("7", "tt1"), ("7", "tt2")]
    assert rejected == {}


def test_ids_are_whole_numbers_only_where_none_would_change(spark: SparkSession) -> None:
    def of(*ids: str | None) -> str:
        frame = spark.createDataFrame([(i,) for i in ids], "item_id string")
        return look_at(named("items", frame)).ids["item_id"].natural_type

    assert of("1", " 20 ", None, "-3", "0") == "bigint"
    assert of("1.0", "2.0", "3") == "bigint"
    assert of("9223372036854775807", "-9223372036854775808") == "bigint"
    assert of("1", "007") == "string"
    assert of("1", "-0") == "string"
    assert of("1", "tt20") == "string"
    assert of("1", "12345678901234567890") == "string"


def test_every_bad_exclusion_has_its_reason(spark: SparkSession) -> None:
    schema = "item_id string, reason string, excluded_from string, excluded_until string"
    rows = [
        ("1", "recalled", None, None),
        ("1", "licence ends", "2026-03-01", None),
        ("1", "again", "2026-03-01", None),
        (" 2 ", None, "2026-03-01", "2026-03-02"),
        ("3", "a", "2026-03-02", "2026-03-02"),
        ("4", "b", "soon", None),
        ("five", "c", None, None),
        ("", "d", None, None),
    ]
    good, rejected = collect(judged("excluded_items", spark.createDataFrame(rows, schema), BIGINT))
    day = "2026-03-01 00:00:00"
    assert sorted(good, key=str) == [
        (1, "licence ends", day, None),
        (1, "recalled", None, None),
        (2, None, day, "2026-03-02 00:00:00"),
    ]
    assert reasons_by(rejected, "reason") == {
        "again": "repeats item_id, excluded_from, excluded_until",
        "a": "excluded_until is not after excluded_from",
        "b": "excluded_from is no time, the column holds dates and times in ISO 8601",
        "c": f"item_id {NO_NUMBER}",
        "d": "item_id is missing",
    }


def test_an_exclusion_needs_nothing_but_the_item(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("a",), (None,)], "item_id string")
    good, rejected = collect(judged("excluded_items", rows, STRING))
    assert good == [("a", None, None, None)]
    assert list(rejected.values()) == ["item_id is missing"]


def test_segments_are_compared_without_the_blanks_around_them(spark: SparkSession) -> None:
    rows = [("1", "kids "), ("1", "kids"), ("2", " "), ("3", None), ("x", "kids"), ("4", "Kids")]
    users = spark.createDataFrame(rows, "user_id string, segment string")
    good, rejected = collect(judged("user_segments", users, BIGINT))
    assert good == [(1, "kids"), (4, "Kids")]
    assert Counter(rejected.values()) == {
        "repeats user_id, segment": 1,
        "segment is missing": 2,
        f"user_id {NO_NUMBER}": 1,
    }
    items = spark.createDataFrame([(s, i) for i, s in rows], "segment string, item_id string")
    good, rejected = collect(judged("segment_items", items, BIGINT))
    assert good == [("Kids", 4), ("kids", 1)]
    assert Counter(rejected.values()) == {
        "repeats segment, item_id": 1,
        "segment is missing": 2,
        f"item_id {NO_NUMBER}": 1,
    }
