"""The views that an audit looks at: one row per user, per recommendation, per recommended item.

`audited_users`: `user_id`, `item_ids` (the history, null for a user without one), `source`, `list`
(array of structs of LIST_FIELDS, in order), `segment` (a name, or null), `top_n`,
`unserved` (struct of `n_rows, reason`, null where the user has no such row).
`audited_rows`: `user_id`, `segment`, `source`, and the fields of `list`.
`audited_items`: `item_id` and `segment` of the users who got it, `n_rows`, `is_known` (in the
catalogue), `available_from`, `available_until`, `exclusions` (array of structs), `is_of_segment`,
`at_midnight` (UTC, of the run date); of rows of the model their number and sum of scores; how many
rows have each kind of reason; for each check of rows how many are broken; and, where a hash of rows
is given, `rows_xor` and `rows_sum` (published_rows.py).
"""

from collections.abc import Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from mars_model.night.checks import checks_of, reason_counts
from mars_model.night.published_rows import hash_aggregates
from mars_model.scoring.list_rows import LIST_FIELDS
from mars_model.scoring.score_block import MODEL_SOURCE
from mars_model.tables.warehouse import Warehouse

_UNSERVED = "struct<n_rows: int, reason: string>"
_EXCLUSIONS = "array<struct<excluded_from: timestamp, excluded_until: timestamp>>"


def scored_view(scored: DataFrame, segment_names: Sequence[str], top_n: int) -> DataFrame:
    """`audited_users` of lists that were scored just now; nobody has a coded reason yet.

    `scored` are the rows of `scored_users`; `segment_names` those of its `segment`, if it has one.
    """
    segment = F.lit(None).cast("string")
    if "segment" in scored.columns:
        names = F.array(*[F.lit(name or None).cast("string") for name in segment_names])
        segment = F.element_at(names, F.col("segment") + 1)
    return scored.withColumns(
        {
            "segment": segment,
            "top_n": F.lit(top_n),
            "unserved": F.lit(None).cast(_UNSERVED),
        }
    )


def published_view(
    warehouse: Warehouse, versions: dict[str, int], rows: DataFrame, unserved: DataFrame, top_n: int
) -> DataFrame:
    """`audited_users` of a published night: `rows` of recommendations and of unserved_users.

    `versions` are those that the run pinned.
    """
    row = F.struct(*LIST_FIELDS)
    lists = rows.groupBy("user_id").agg(
        F.min("source").alias("source"), F.array_sort(F.collect_list(row)).alias("list")
    )
    reasons = unserved.select("user_id", F.struct("n_rows", "reason").alias("unserved"))
    histories = warehouse.read("user_histories", versions["user_histories"])
    users = (
        histories.select("user_id", "item_ids")
        .join(lists, "user_id", "full_outer")
        .join(reasons, "user_id", "left")
    )
    if "user_segments" in versions:
        segments = warehouse.read("user_segments", versions["user_segments"])
        in_one = segments.select("user_id", "segment").where("segment is not null").distinct()
        users = users.join(in_one, "user_id", "left")
    else:
        users = users.withColumn("segment", F.lit(None).cast("string"))
    nothing = F.array().cast(users.schema["list"].dataType)
    return users.withColumns({"list": F.coalesce("list", nothing), "top_n": F.lit(top_n)})


def rows_view(users: DataFrame) -> DataFrame:
    """`audited_rows` of `audited_users`."""
    rows = users.select("user_id", "segment", "source", F.explode("list").alias("row"))
    return rows.select("user_id", "segment", "source", "row.*")


def items_view(
    warehouse: Warehouse,
    versions: dict[str, int],
    users: DataFrame,
    run_date: date,
    row_hash: Column | None = None,
) -> DataFrame:
    """`audited_items` of `audited_users`; `row_hash` is that of one of `audited_rows`."""
    is_mars = F.col("source") == MODEL_SOURCE
    counted = (
        rows_view(users)
        .groupBy("segment", "item_id")
        .agg(
            F.count("*").alias("n_rows"),
            F.count_if(is_mars).alias("n_mars_rows"),
            F.sum(F.when(is_mars, F.col("score"))).alias("sum_of_scores"),
            *[F.count_if(has_it).alias(name) for name, has_it in reason_counts().items()],
            *[F.count_if(broken).alias(name) for name, broken in checks_of("rows").items()],
            *([] if row_hash is None else hash_aggregates(row_hash)),
        )
    )
    items = warehouse.read("items", versions["items"]).select(
        "item_id", "available_from", "available_until", F.lit(True).alias("is_known")
    )
    found = counted.join(items, "item_id", "left")
    found = _with_exclusions(warehouse, versions, found)
    found = _with_segments(warehouse, versions, found)
    midnight = F.lit(f"{run_date.isoformat()} 00:00:00").cast("timestamp")
    is_known = F.coalesce("is_known", F.lit(False))
    return found.withColumns({"is_known": is_known, "at_midnight": midnight})


def _with_exclusions(warehouse: Warehouse, versions: dict[str, int], items: DataFrame) -> DataFrame:
    none = F.array().cast(_EXCLUSIONS)
    if "excluded_items" not in versions:
        return items.withColumn("exclusions", none)
    excluded = warehouse.read("excluded_items", versions["excluded_items"])
    one = F.struct("excluded_from", "excluded_until")
    by_item = excluded.groupBy("item_id").agg(F.collect_list(one).alias("exclusions"))
    return items.join(by_item, "item_id", "left").withColumn(
        "exclusions", F.coalesce("exclusions", none)
    )


def _with_segments(warehouse: Warehouse, versions: dict[str, int], items: DataFrame) -> DataFrame:
    if "segment_items" not in versions:
        return items.withColumn("is_of_segment", F.lit(False))
    pairs = warehouse.read("segment_items", versions["segment_items"])
    pairs = pairs.select("segment", "item_id").distinct().withColumn("is_of_segment", F.lit(True))
    return items.join(pairs, ["segment", "item_id"], "left").withColumn(
        "is_of_segment", F.coalesce("is_of_segment", F.lit(False))
    )
