"""Interactions to what a user liked before a date."""

from datetime import UTC, date, datetime, timedelta

from pyspark.sql import SparkSession

from mars_model.features.histories import timed_histories, user_histories
from mars_model.settings import LikeSettings

RUN_DATE = date(2026, 3, 1)
SCHEMA = "user_id bigint, item_id bigint, rating double, interacted_at timestamp"


def at(day: int, hour: int = 10, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 2, day, hour, minute, second, tzinfo=UTC)


def histories(spark: SparkSession, rows, likes: LikeSettings, schema: str = SCHEMA) -> dict:
    """user → (item ids, n_items, last time)."""
    found = user_histories(spark.createDataFrame(rows, schema), RUN_DATE, likes).collect()
    assert len({row["user_id"] for row in found}) == len(found)
    # Spark hands out local times without a zone.
    last = {row["user_id"]: row["last_interacted_at"] for row in found}
    last = {user_id: time and time.astimezone(UTC) for user_id, time in last.items()}
    return {row[0]: (row["item_ids"], row["n_items"], last[row[0]]) for row in found}


def test_without_a_minimum_every_event_is_a_like_newest_first(spark: SparkSession) -> None:
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    rows = [
        # user 1: newest first, whatever the rating says
        (1, 10, 1.0, at(3)),
        (1, 11, None, at(5)),
        (1, 12, 5.0, at(4)),
        # user 2: of one second, by item id
        (2, 22, None, at(1)),
        (2, 20, None, at(1)),
        (2, 21, None, at(2)),
        # user 3: without a time, by item id, behind those with one
        (3, 32, None, None),
        (3, 30, None, None),
        (3, 31, None, datetime(1969, 7, 20, tzinfo=UTC)),
        # user 4: midnight of the run date is not seen, the second before is
        (4, 40, None, midnight),
        (4, 41, None, at(28, 23, 59, 59)),
        # user 5: an item met twice counts once, at its latest event
        (5, 50, None, at(1)),
        (5, 51, None, at(2)),
        (5, 50, None, at(3)),
        # user 6: nothing before the run date
        (6, 60, None, midnight),
    ]
    assert histories(spark, rows, LikeSettings()) == {
        1: ([11, 12, 10], 3, at(5)),
        2: ([21, 20, 22], 3, at(2)),
        3: ([31, 30, 32], 3, datetime(1969, 7, 20, tzinfo=UTC)),
        4: ([41], 1, at(28, 23, 59, 59)),
        5: ([50, 51], 2, at(3)),
    }


def test_with_a_minimum_the_latest_rating_of_an_item_decides(spark: SparkSession) -> None:
    rows = [
        # user 1: exactly the minimum is a like, below is none
        (1, 10, 4.0, at(1)),
        (1, 11, 3.5, at(2)),
        # user 2: disliked later, liked later
        (2, 20, 5.0, at(1)),
        (2, 20, 2.0, at(2)),
        (2, 21, 2.0, at(1)),
        (2, 21, 5.0, at(2)),
        # user 3: no like leaves an empty row
        (3, 30, 1.0, at(1)),
        # user 4: a null rating is no like, also where it is the latest
        (4, 40, None, at(1)),
        (4, 41, 5.0, at(1)),
        (4, 41, None, at(2)),
        # user 5: of equal times the highest rating, of none and one the event with a time
        (5, 50, 1.0, at(1)),
        (5, 50, 5.0, at(1)),
        (5, 51, 5.0, None),
        (5, 51, 1.0, at(1)),
        # user 6: what comes after the run date changes nothing
        (6, 60, 5.0, at(1)),
        (6, 60, 1.0, datetime(2026, 3, 1, tzinfo=UTC)),
    ]
    assert histories(spark, rows, LikeSettings(min_rating=4)) == {
        1: ([10], 1, at(1)),
        2: ([21], 1, at(2)),
        3: ([], 0, None),
        4: ([], 0, None),
        5: ([50], 1, at(1)),
        6: ([60], 1, at(1)),
    }


def test_string_ids_stay_strings_and_break_ties_as_strings(spark: SparkSession) -> None:
    schema = "user_id string, item_id string, rating double, interacted_at timestamp"
    rows = [("007", "9", None, None), ("007", "10", None, None), ("7", "b", None, at(1))]
    assert histories(spark, rows, LikeSettings(), schema) == {
        "007": (["10", "9"], 2, None),
        "7": (["b"], 1, at(1)),
    }


def test_times_stand_beside_the_items_in_whole_seconds_rounded_down(spark: SparkSession) -> None:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    rows = [
        (1, 10, None, start + timedelta(seconds=40, microseconds=999_999)),
        (1, 11, None, start + timedelta(seconds=50)),
        (1, 12, None, None),
        (1, 13, None, start - timedelta(microseconds=1)),
        (1, 10, None, start + timedelta(seconds=5)),
        (2, 20, None, at(1)),
    ]
    frame = timed_histories(spark.createDataFrame(rows, SCHEMA), RUN_DATE, LikeSettings())
    found = {row["user_id"]: (row["item_ids"], row["liked_at_s"]) for row in frame.collect()}
    assert found == {
        1: ([11, 10, 13, 12], [50, 40, -1, None]),
        2: ([20], [int(at(1).timestamp())]),
    }
