"""Rows into staging, and from there into what readers see, each by a single commit."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from mars_model.features.eligibility import Segments, allowed_pairs, with_segment
from mars_model.night.runs import Run
from mars_model.tables.warehouse import Warehouse

STAGED_TABLE = "recommendations_staged"
PUBLISHED_TABLE = "recommendations"

# Why a user has fewer than N rows.
FEW_ITEMS = "fewer_unseen_items_than_n"
FEW_ITEMS_IN_SEGMENT = "fewer_unseen_items_in_segment_than_n"
NO_CANDIDATE_IN_SEGMENT = "no_item_of_segment_is_a_candidate"
SEGMENT_WITHOUT_ITEMS = "segment_has_no_items"


def stage(warehouse: Warehouse, run: Run, lists: DataFrame) -> DataFrame:
    """Write the night's lists into recommendations_staged, in place of its date's older ones."""
    for table in (STAGED_TABLE, PUBLISHED_TABLE, "unserved_users"):
        warehouse.create(table)
    rows = lists.select(
        F.lit(run.run_date).alias("run_date"),
        F.lit(run.run_id).alias("run_id"),
        F.lit(run.model_version).alias("model_version"),
        "*",
    )
    warehouse.overwrite(STAGED_TABLE, rows, {"run_id": run.run_id}, where=_of_date(run))
    return staged_rows(warehouse, run)


def staged_rows(warehouse: Warehouse, run: Run) -> DataFrame:
    """The run's rows in staging."""
    return warehouse.read(STAGED_TABLE).where(_of_date(run) + f" and run_id = '{run.run_id}'")


def count_rows(rows: DataFrame, top_n: int) -> dict[str, int]:
    """Rows, users by source, and users with N rows (`users_in_full`), in one pass."""
    by_user = rows.groupBy("user_id").agg(
        F.max("source").alias("source"), F.count("*").alias("n_rows")
    )
    has_all = F.count_if(F.col("n_rows") >= top_n)
    found = (
        by_user.groupBy("source")
        .agg(F.count("*").alias("users"), F.sum("n_rows").alias("rows"), has_all.alias("in_full"))
        .orderBy("source")
        .collect()
    )
    return {
        "rows": sum(row["rows"] for row in found),
        "users_in_full": sum(row["in_full"] for row in found),
        **{f"users_by_{row['source']}": row["users"] for row in found},
    }


def record_unserved(
    warehouse: Warehouse,
    run: Run,
    histories: DataFrame,
    candidates: DataFrame,
    segments: Segments | None = None,
) -> DataFrame:
    """Name every user with fewer than N rows for whom the catalogue holds no more.

    `candidates` are the items that may be recommended (`item_id`); of these a user in a segment
    may get that segment's only. A user with too few rows for any other reason gets no code
    here: the audit stops such a night.
    """
    counted = staged_rows(warehouse, run).groupBy("user_id").agg(F.count("*").alias("n_rows"))
    short = (
        with_segment(histories.select("user_id", "item_ids"), segments)
        .join(counted, "user_id", "left")
        .withColumn("n_rows", F.coalesce("n_rows", F.lit(0)))
        .where(F.col("n_rows") < run.top_n)
    )
    allowed = allowed_pairs(candidates, segments)
    seen = (
        short.select("user_id", "segment", F.explode("item_ids").alias("item_id"))
        .join(allowed, ["segment", "item_id"])
        .groupBy("user_id")
        .agg(F.count("*").alias("n_seen"))
    )
    n_allowed = allowed.groupBy("segment").agg(F.count("*").alias("n_allowed"))
    found = short.join(n_allowed, "segment", "left").join(seen, "user_id", "left")
    if segments is not None:
        listed = segments.items.select("segment").distinct().withColumn("is_listed", F.lit(True))
        found = found.join(listed, "segment", "left")
    n_unseen = F.coalesce("n_allowed", F.lit(0)) - F.coalesce("n_seen", F.lit(0))
    rows = found.where(n_unseen == F.col("n_rows")).select(
        F.lit(run.run_id).alias("run_id"),
        "user_id",
        "n_rows",
        (F.lit(FEW_ITEMS) if segments is None else _reason()).alias("reason"),
    )
    warehouse.overwrite("unserved_users", rows, where=f"run_id = '{run.run_id}'")
    return unserved_rows(warehouse, run)


def unserved_rows(warehouse: Warehouse, run: Run) -> DataFrame:
    """The run's rows in unserved_users."""
    return warehouse.read("unserved_users").where(F.col("run_id") == run.run_id)


def _reason() -> Column:
    """Why a list is short, from the user's segment and what it may get."""
    return (
        F.when(F.col("segment") == 0, FEW_ITEMS)
        .when(F.col("is_listed").isNull(), SEGMENT_WITHOUT_ITEMS)
        .when(F.col("n_allowed").isNull(), NO_CANDIDATE_IN_SEGMENT)
        .otherwise(FEW_ITEMS_IN_SEGMENT)
    )


def publish(warehouse: Warehouse, run: Run) -> None:
    """Replace the date's rows in `recommendations` by the staged ones: one commit, all or none."""
    warehouse.overwrite(
        PUBLISHED_TABLE, staged_rows(warehouse, run), {"run_id": run.run_id}, where=_of_date(run)
    )


def _of_date(run: Run) -> str:
    return f"run_date = date'{run.run_date.isoformat()}'"
