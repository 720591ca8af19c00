"""Who may get what: the items of a night, and those of each segment of users."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.errors import InputDataError

N_EXAMPLES = 3


def candidate_ids(
    items: pa.Table, excluded: pa.Table | None, run_date: date
) -> NDArray[np.generic]:
    """Ids of the items that may be recommended, in any order.

    An item may be recommended where it is available and no exclusion holds at midnight UTC of
    the run date. Exclusions of items that are not there change nothing.
    Args: `items` has `item_id, available_from, available_until`; `excluded` `item_id,
    excluded_from, excluded_until`, or None where nothing was ever excluded.
    """
    ids = items.filter(_holds_at(run_date, items, "available")).column("item_id")
    if excluded is not None:
        holding = excluded.filter(_holds_at(run_date, excluded, "excluded")).column("item_id")
        ids = ids.filter(pc.invert(pc.is_in(ids, value_set=holding.combine_chunks())))
    return id_array(ids)


def id_array(ids: pa.ChunkedArray) -> NDArray[np.generic]:
    """Ids as an array: int64, or text as wide as the longest."""
    if pa.types.is_integer(ids.type):
        return np.asarray(ids.to_numpy(), dtype=np.int64)
    return np.asarray(ids.to_pylist(), dtype=str)


def _holds_at(run_date: date, rows: pa.Table, name: str) -> pa.ChunkedArray:
    """Whether midnight UTC lies in [from, until); null: without that limit."""
    midnight = datetime.combine(run_date, time(), UTC)
    begun = pc.less_equal(rows.column(f"{name}_from"), midnight)
    not_ended = pc.greater(rows.column(f"{name}_until"), midnight)
    return pc.and_(pc.fill_null(begun, True), pc.fill_null(not_ended, True))


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
