"""What is different since an earlier night: which items, and which users' lists that touches."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from mars_model.night.score_users import MODEL_SOURCE

# Why a user is scored again; a user who left is not served at all. The first that holds counts.
LEFT = "left"


@dataclass(frozen=True)
class ItemChanges:
    """Ids of items by what happened to them; an item may be in several.

    `memory`: as a slot it came, went or has other vectors. `lost`: as a candidate it went or has
    other vectors. `new`: as a candidate it came or has other vectors.
    """

    memory: DataFrame
    lost: DataFrame
    new: DataFrame
    n_memory: int
    n_lost: int
    new_ids: NDArray[np.generic]


def item_states(documents: DataFrame, vectors: DataFrame, candidates: DataFrame) -> DataFrame:
    """One row per document: `item_id`, and what it is as a slot and as a candidate, as hashes.

    `as_candidate` is null for items that may not be recommended.
    """
    is_candidate = candidates.select("item_id", F.lit(True).alias("is_candidate"))
    return (
        documents.select("item_id", "text_hash")
        .join(vectors, ["item_id", "text_hash"])
        .join(is_candidate, "item_id", "left")
        .select(
            "item_id",
            F.xxhash64("memory_vector").alias("as_slot"),
            F.when(F.col("is_candidate"), F.xxhash64("item_vector", "item_bias")).alias(
                "as_candidate"
            ),
        )
    )


def item_changes(then: DataFrame, now: DataFrame) -> ItemChanges:
    """Compare two frames of `item_states`. Collects the items that changed, never the users."""
    before = then.select(
        "item_id", F.col("as_slot").alias("was_slot"), F.col("as_candidate").alias("was_candidate")
    )
    same_candidate = F.col("was_candidate").eqNullSafe(F.col("as_candidate"))
    changed = (
        now.join(before, "item_id", "full_outer")
        .select(
            "item_id",
            (~F.col("was_slot").eqNullSafe(F.col("as_slot"))).alias("in_memory"),
            (F.col("was_candidate").isNotNull() & ~same_candidate).alias("is_lost"),
            (F.col("as_candidate").isNotNull() & ~same_candidate).alias("is_new"),
        )
        .where("in_memory or is_lost or is_new")
    )
    collected = changed.toPandas()
    spark, id_type = now.sparkSession, now.schema["item_id"].dataType.simpleString()
    ids = {
        kind: collected.loc[collected[kind].astype(bool), "item_id"].to_numpy()
        for kind in ("in_memory", "is_lost", "is_new")
    }
    frames = {
        kind: spark.createDataFrame([(i,) for i in some.tolist()], f"item_id {id_type}")
        for kind, some in ids.items()
    }
    return ItemChanges(
        memory=frames["in_memory"],
        lost=frames["is_lost"],
        new=frames["is_new"],
        n_memory=len(ids["in_memory"]),
        n_lost=len(ids["is_lost"]),
        new_ids=ids["is_new"],
    )


def user_changes(
    then: DataFrame,
    now: DataFrame,
    rows: DataFrame,
    items: ItemChanges,
    segments: list[str],
    top_n: int,
) -> DataFrame:
    """One row per user of either night: the columns of `now`, `why` and `last_row`.

    `then` and `now` are histories with `segment_name`, `rows` the lists of that night, `segments`
    those whose items are not the same. `why` names what makes the
    list stale, null where nothing does but perhaps new candidates; `last_row` is the N-th
    row (`score, item_id`). The fallback's lists are always stale: its scores count all likes.
    """
    lists = _lists_by_user(rows, items, top_n)
    before = then.select(
        "user_id", F.col("item_ids").alias("were_liked"), F.col("segment_name").alias("_was_in")
    )
    users = now.join(before, "user_id", "full_outer")
    users = users.join(lists, "user_id", "left")
    has_other_memory: Column = F.lit(False)
    if items.n_memory:
        touched = (
            now.select("user_id", F.explode("item_ids").alias("item_id"))
            .join(F.broadcast(items.memory), "item_id", "left_semi")
            .select("user_id")
            .distinct()
            .withColumn("is_touched", F.lit(True))
        )
        users = users.join(touched, "user_id", "left")
        has_other_memory = F.col("is_touched").isNotNull()
    reasons = {
        LEFT: F.col("item_ids").isNull(),
        "new_user": F.col("were_liked").isNull(),
        "other_history": ~F.col("item_ids").eqNullSafe(F.col("were_liked")),
        "other_segment": ~F.col("segment_name").eqNullSafe(F.col("_was_in"))
        | F.col("segment_name").isin(segments),
        "other_memory": has_other_memory,
        "short_list": F.col("last_row").isNull(),
        "fallback": ~F.col("is_by_model"),
        "lost_item": F.col("has_lost"),
    }
    why = F.coalesce(*[F.when(holds, F.lit(name)) for name, holds in reasons.items()])
    return users.select(*now.columns, why.alias("why"), "last_row")


def _lists_by_user(rows: DataFrame, items: ItemChanges, top_n: int) -> DataFrame:
    """One row per served user: `user_id, last_row, is_by_model, has_lost`."""
    narrow = rows.select("user_id", "rank", "item_id", "score", "source")
    is_lost: Column = F.lit(False)
    if items.n_lost:
        lost = items.lost.withColumn("_lost", F.lit(True))
        narrow = narrow.join(F.broadcast(lost), "item_id", "left")
        is_lost = F.col("_lost").isNotNull()
    last_row = F.when(F.col("rank") == top_n, F.struct("score", "item_id"))
    return narrow.groupBy("user_id").agg(
        F.max(last_row).alias("last_row"),
        F.every(F.col("source") == MODEL_SOURCE).alias("is_by_model"),
        F.max(is_lost).alias("has_lost"),
    )
