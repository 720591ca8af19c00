"""Which items may be recommended on a date, to whom, and what a segment is."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from mars_model.errors import InputDataError
from mars_model.features.eligibility import (
    allowed_pairs,
    candidate_ids,
    number_segments,
    with_segment,
)

RUN_DATE = date(2026, 3, 1)
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
USERS = [("ann", "paid"), ("bob", "kids"), ("cyd", "paid"), ("dan", "ghosts")]
PAIRS = [("kids", 1), ("kids", 2), ("paid", 2), ("paid", 3), ("paid", 3), ("nobody", 1)]


def rows(frame: DataFrame) -> list[tuple]:
    return sorted(tuple(row) for row in frame.collect())


def segments_of(spark: SparkSession, users=USERS, pairs=PAIRS):
    return number_segments(
        spark.createDataFrame(users, "user_id string, segment string"),
        spark.createDataFrame(pairs, "segment string, item_id int"),
        "user_segments (version 3)",
    )


def items_table(rows: list[tuple], id_type: pa.DataType, name: str = "available") -> pa.Table:
    """Rows of id, first and last instant, as the warehouse gives them."""
    instant = pa.timestamp("us", tz="UTC")
    schema = pa.schema(
        [("item_id", id_type), (f"{name}_from", instant), (f"{name}_until", instant)]
    )
    names = schema.names
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=schema)


def test_availability_is_asked_at_midnight_utc_of_the_run_date() -> None:
    rows = [
        ("always", None, None),
        ("begins at midnight", MIDNIGHT, None),
        ("begins later", MIDNIGHT + SECOND, None),
        ("ends at midnight", None, MIDNIGHT),
        ("ends later", None, MIDNIGHT + SECOND),
        ("was and is", MIDNIGHT - SECOND, MIDNIGHT + SECOND),
    ]
    found = candidate_ids(items_table(rows, pa.string()), None, RUN_DATE)
    assert found.dtype.kind == "U"  # as wide as the longest: none is cut
    assert set(found.tolist()) == {"always", "begins at midnight", "ends later", "was and is"}


@pytest.mark.parametrize(
    ("id_type", "id_of"), [(pa.int64(), int), (pa.string(), str)], ids=["bigint", "string"]
)
def test_an_exclusion_holds_from_its_first_instant_until_its_last(id_type, id_of) -> None:
    items = items_table(
        [
            *((id_of(number), None, None) for number in range(1, 8)),
            (id_of(8), MIDNIGHT + SECOND, None),
        ],
        id_type,
    )
    rows = [
        (1, None, None),
        (2, MIDNIGHT, None),
        (3, MIDNIGHT + SECOND, None),
        (4, None, MIDNIGHT),
        (5, None, MIDNIGHT + SECOND),
        # Two exclusions of one item, of which one holds.
        (6, None, MIDNIGHT - SECOND),
        (6, MIDNIGHT - SECOND, MIDNIGHT + SECOND),
        (99, None, None),
    ]
    excluded = items_table([(id_of(i), *limits) for i, *limits in rows], id_type, "excluded")
    found = candidate_ids(items, excluded, RUN_DATE)
    assert sorted(found.tolist()) == [id_of(3), id_of(4), id_of(7)]
    found = candidate_ids(items, None, RUN_DATE)
    assert sorted(found.tolist()) == [id_of(n) for n in range(1, 8)]


def test_exclusions_that_are_all_over_exclude_nothing_and_all_items_may_be_excluded() -> None:
    items = items_table([(1, None, None), (2, None, None)], pa.int64())
    over = items_table([(1, None, MIDNIGHT)], pa.int64(), "excluded")
    assert sorted(candidate_ids(items, over, RUN_DATE).tolist()) == [1, 2]
    all_of_them = items_table([(1, None, None), (2, None, None)], pa.int64(), "excluded")
    assert candidate_ids(items, all_of_them, RUN_DATE).tolist() == []
    assert candidate_ids(items.slice(0, 0), None, RUN_DATE).tolist() == []


def test_segments_with_users_are_numbered_by_name(spark: SparkSession) -> None:
    segments = segments_of(spark)
    assert segments.names == ("", "ghosts", "kids", "paid")
    assert rows(segments.users) == [("ann", 3), ("bob", 2), ("cyd", 3), ("dan", 1)]
    # A pair counts once, "nobody" has no users, and nothing is listed for "ghosts".
    assert rows(segments.items) == [(2, 1), (2, 2), (3, 2), (3, 3)]


def test_a_user_in_two_segments_is_an_error_that_names_some(spark: SparkSession) -> None:
    users = [*USERS, ("ann", "kids"), ("bob", "kids"), ("eve", "b"), ("eve", "a"), ("eve", "c")]
    with pytest.raises(InputDataError) as caught:
        segments_of(spark, users)
    message = str(caught.value)
    assert message.startswith("user_segments (version 3): 2 users are in more than one segment")
    assert "user ann: kids, paid; user eve: a, b, c. " in message
    assert "bob" not in message


def test_users_without_a_segment_have_number_zero(spark: SparkSession) -> None:
    histories = spark.createDataFrame([("ann", [1]), ("zoe", [])], "user_id string, ids array<int>")
    users = [*USERS, ("zoe", None)]
    joined = with_segment(histories, segments_of(spark, users))
    assert sorted((r["user_id"], r["ids"], r["segment"]) for r in joined.collect()) == [
        ("ann", [1], 3),
        ("zoe", [], 0),
    ]
    plain = with_segment(histories, None)
    assert sorted((r["user_id"], r["segment"]) for r in plain.collect()) == [("ann", 0), ("zoe", 0)]


def test_a_segment_may_get_its_candidates_and_everybody_else_all(spark: SparkSession) -> None:
    candidates = spark.createDataFrame([(1,), (3,), (4,)], "item_id int")
    pairs = rows(allowed_pairs(candidates, segments_of(spark)))
    assert pairs == [(0, 1), (0, 3), (0, 4), (2, 1), (3, 3)]
    assert rows(allowed_pairs(candidates, None)) == [(0, 1), (0, 3), (0, 4)]


def test_no_plan_crosses_users_with_items(spark: SparkSession, capsys) -> None:
    segments = segments_of(spark)
    histories = spark.createDataFrame([("ann", [1])], "user_id string, item_ids array<int>")
    candidates = spark.createDataFrame([(1,), (3,)], "item_id int")
    with_segment(histories, segments).explain()
    allowed_pairs(candidates, segments).explain()
    plans = capsys.readouterr().out
    assert "Join" in plans
    assert "CartesianProduct" not in plans and "NestedLoop" not in plans
