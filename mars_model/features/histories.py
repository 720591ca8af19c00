"""Interactions → what every user liked before a date, newest first."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from mars_model.settings import LikeSettings

_NEVER = 2**63 - 1  # sorts likes without a time behind all others
_UNKNOWN = -(2**61)  # microseconds of an event without a time: before all others


def user_histories(interactions: DataFrame, run_date: date, likes: LikeSettings) -> DataFrame:
    """One row per event in, one row per user out: `user_id, item_ids, n_items, last_...`.

    Events from midnight UTC of `run_date` on are not seen; events without a time always are.
    Of several events of a user with one item the latest counts (of equal times the highest
    rating). It is a like where its rating is at least `likes.min_rating`; without that setting
    every event is one. Newest first; likes without a time come last, by item id. Users who
    liked nothing keep a row with an empty array.
    """
    return timed_histories(interactions, run_date, likes).drop("liked_at_s")


def timed_histories(interactions: DataFrame, run_date: date, likes: LikeSettings) -> DataFrame:
    """The rows of `user_histories` with `liked_at_s`: when each item of `item_ids` was liked.

    An array of seconds since 1970 UTC, rounded down, null where the time is unknown.
    """
    seen = interactions.where(
        F.col("interacted_at").isNull()
        | (F.col("interacted_at") < F.lit(f"{run_date.isoformat()} 00:00:00").cast("timestamp"))
    )
    is_like = (
        F.lit(1)
        if likes.min_rating is None
        else F.coalesce(F.col("rating") >= likes.min_rating, F.lit(False)).cast("long")
    )
    moment = F.coalesce(F.unix_micros("interacted_at"), F.lit(_UNKNOWN))
    # The latest event of a pair, of equal times one that is a like: the largest of one number,
    # which Spark finds without sorting. By user at once: both groupings find their rows together.
    latest = (
        seen.repartition("user_id")
        .groupBy("user_id", "item_id")
        .agg(F.max(moment * 2 + is_like).alias("_latest"))
    )
    liked_at = F.shiftright("_latest", 1)
    age = F.when(liked_at == _UNKNOWN, F.lit(_NEVER)).otherwise(-liked_at)
    was_like = F.col("_latest").bitwiseAND(1) == 1
    like = F.when(was_like, F.struct(age.alias("age"), F.col("item_id")))
    newest = F.max(F.when(was_like & (liked_at != _UNKNOWN), liked_at))
    collected = latest.groupBy("user_id").agg(
        F.sort_array(F.collect_list(like)).alias("_likes"), newest.alias("_newest")
    )
    return collected.select(
        "user_id",
        F.col("_likes.item_id").alias("item_ids"),
        F.size("_likes").alias("n_items"),
        F.timestamp_micros("_newest").alias("last_interacted_at"),
        F.transform("_likes.age", _seconds).alias("liked_at_s"),
    )


def _seconds(age: Column) -> Column:
    """Age in microseconds before 1970 → seconds since 1970, null for never."""
    return F.when(age != _NEVER, F.floor(-age / 1_000_000))
