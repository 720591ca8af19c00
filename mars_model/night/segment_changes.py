"""Segments of two nights: compared by name, since their numbers may have moved."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from mars_model.features.eligibility import Segments


def name_segments(users: DataFrame, segments: Segments | None) -> DataFrame:
    """Users with `segment` in, the same with `segment_name` out, empty without a segment."""
    return users.withColumn("segment_name", _name(segments))


def changed_segments(then: Segments | None, now: Segments | None) -> list[str]:
    """Names of the segments that have other items than then, or none any more."""
    if then is None or now is None:
        return []
    before, after = (
        night.items.select(_name(night).alias("name"), "item_id") for night in (then, now)
    )
    in_one_only = before.exceptAll(after).unionByName(after.exceptAll(before))
    return sorted(row["name"] for row in in_one_only.select("name").distinct().collect())


def _name(segments: Segments | None) -> Column:
    if segments is None:
        return F.lit("")
    names = F.array(*[F.lit(name) for name in segments.names])
    return F.element_at(names, F.col("segment") + 1)
