"""Who may get what: the items of a night, and those of each segment of users."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from mars_model.errors import InputDataError

N_EXAMPLES = 3


def is_available(run_date: date) -> Column:
    """Whether an item may be recommended at midnight UTC of the run date."""
    return _holds_at(run_date, "available_from", "available_until")


def candidate_items(items: DataFrame, excluded: DataFrame | None, run_date: date) -> DataFrame:
    """One row per item in, one per item that may be recommended out: `item_id`.

    An item may be recommended where it is available and no exclusion holds at midnight UTC of
    the run date. Exclusions of items that are not there change nothing.
    """
    available = items.where(is_available(run_date)).select("item_id")
    if excluded is None:
        return available
    holding = excluded.where(_holds_at(run_date, "excluded_from", "excluded_until"))
    return available.join(holding.select("item_id"), "item_id", "left_anti")


def _holds_at(run_date: date, start: str, end: str) -> Column:
    """Whether midnight UTC lies in [start, end); null: without that limit."""
    midnight = F.lit(f"{run_date.isoformat()} 00:00:00").cast("timestamp")
    begun = F.col(start).isNull() | (F.col(start) <= midnight)
    not_ended = F.col(end).isNull() | (F.col(end) > midnight)
    return begun & not_ended


@dataclass(frozen=True)
class Segments:
    """Segments by number, from 1; number 0 stands for users without one.

    `users`: one row per user in a segment, `user_id, segment`. `items`: one row per pair,
    `segment, item_id`, without the segments that no user is in. `names[0]` is empty.
    """

    names: tuple[str, ...]
    users: DataFrame
    items: DataFrame


def number_segments(user_segments: DataFrame, segment_items: DataFrame, where: str) -> Segments:
    """The segments that have users, numbered by name.

    Raises InputDataError where a user is in several: whichever was taken, a list could hold
    what the other forbids. `where` names the table or the file.
    """
    in_one = user_segments.select("user_id", "segment").where("segment is not null").distinct()
    require_one_segment(in_one, where)
    names = sorted(row["segment"] for row in in_one.select("segment").distinct().collect())
    spark = user_segments.sparkSession
    numbered = list(enumerate(names, start=1))
    numbers = F.broadcast(spark.createDataFrame(numbered, "number int, segment string"))
    pairs = segment_items.select("segment", "item_id").distinct()
    number = F.col("number").alias("segment")
    return Segments(
        names=("", *names),
        users=in_one.join(numbers, "segment").select("user_id", number),
        items=pairs.join(numbers, "segment").select(number, "item_id"),
    )


def require_one_segment(user_segments: DataFrame, where: str) -> None:
    """Raise InputDataError where a user is in several segments; names some of them."""
    several = (
        user_segments.groupBy("user_id")
        .agg(F.sort_array(F.collect_set("segment")).alias("segments"))
        .where(F.size("segments") > 1)
    )
    found = several.orderBy("user_id").limit(N_EXAMPLES).collect()
    if found:
        raise InputDataError(
            f"{where}: {several.count()} users are in more than one segment, expected one row "
            f"per user; for example {_examples((r['user_id'], r['segments']) for r in found)}. "
            "Keep one row for each, or make a segment of its own for users of both"
        )


def _examples(found: Iterable[tuple[object, list[str]]]) -> str:
    return "; ".join(f"user {user}: {', '.join(segments)}" for user, segments in found)


def with_segment(histories: DataFrame, segments: Segments | None) -> DataFrame:
    """One row per user in and out, with the number of the user's segment in `segment`."""
    if segments is None:
        return histories.withColumn("segment", F.lit(0))
    return histories.join(segments.users, "user_id", "left").withColumn(
        "segment", F.coalesce("segment", F.lit(0))
    )


def allowed_pairs(candidates: DataFrame, segments: Segments | None) -> DataFrame:
    """What each segment may get: one row per (`segment`, `item_id`), all candidates for 0."""
    everyone = candidates.select(F.lit(0).alias("segment"), "item_id")
    if segments is None:
        return everyone
    return everyone.unionByName(segments.items.join(candidates, "item_id", "left_semi"))
