"""Rows into staging, and from there into what readers see, each by a single commit."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.publishing.runs import Run
from mars_model.tables.warehouse import Warehouse

STAGED_TABLE = "recommendations_staged"
PUBLISHED_TABLE = "recommendations"


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
    """Rows, users by source, and users with N rows (`full`), in one pass."""
    by_user = rows.groupBy("user_id").agg(
        F.max("source").alias("source"), F.count("*").alias("n_rows")
    )
    found = (
        by_user.groupBy("source")
        .agg(
            F.count("*").alias("n_users"),
            F.sum("n_rows").alias("n_rows"),
            F.count_if(F.col("n_rows") >= top_n).alias("n_full"),
        )
        .orderBy("source")
        .collect()
    )
    return {
        "rows": sum(row["n_rows"] for row in found),
        "full": sum(row["n_full"] for row in found),
        **{f"users_by_{row['source']}": row["n_users"] for row in found},
    }


def record_unserved(
    warehouse: Warehouse, run: Run, rows: DataFrame, histories: DataFrame, candidates: DataFrame
) -> DataFrame:
    """Name every user with fewer than N rows for whom the catalogue holds no more.

    `candidates` are the items that may be recommended (`item_id`). A user with too few rows
    for any other reason gets no code here: the audit stops such a night.
    """
    counted = rows.groupBy("user_id").agg(F.count("*").alias("n_rows"))
    short = (
        histories.join(counted, "user_id", "left")
        .withColumn("n_rows", F.coalesce("n_rows", F.lit(0)))
        .where(F.col("n_rows") < run.top_n)
    )
    seen = (
        short.select("user_id", F.explode("item_ids").alias("item_id"))
        .join(candidates, "item_id")
        .groupBy("user_id")
        .agg(F.count("*").alias("n_seen"))
    )
    n_unseen = F.lit(candidates.count()) - F.coalesce("n_seen", F.lit(0))
    unserved = short.join(seen, "user_id", "left").where(n_unseen == F.col("n_rows"))
    rows = unserved.select(
        F.lit(run.run_id).alias("run_id"),
        "user_id",
        "n_rows",
        F.lit("fewer_unseen_items_than_n").alias("reason"),
    )
    warehouse.overwrite("unserved_users", rows, where=f"run_id = '{run.run_id}'")
    return unserved_rows(warehouse, run)


def unserved_rows(warehouse: Warehouse, run: Run) -> DataFrame:
    """The run's rows in unserved_users."""
    return warehouse.read("unserved_users").where(F.col("run_id") == run.run_id)


def publish(warehouse: Warehouse, run: Run) -> None:
    """Replace the date's rows in `recommendations` by the staged ones: one commit, all or none."""
    warehouse.overwrite(
        PUBLISHED_TABLE, staged_rows(warehouse, run), {"run_id": run.run_id}, where=_of_date(run)
    )


def _of_date(run: Run) -> str:
    return f"run_date = date'{run.run_date.isoformat()}'"
