"""Scored lists into what readers see: one commit, which carries the run's record."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from mars_model.features.eligibility import Segments, allowed_pairs
from mars_model.night.runs import PUBLISHED_TABLE, Run
from mars_model.scoring.list_rows import LIST_FIELDS
from mars_model.tables.sql_names import is_word
from mars_model.tables.warehouse import Warehouse

STAGED_TABLE, UNSERVED_TABLE = "recommendations_staged", "unserved_users"

# Why a user has fewer than N rows.
FEW_ITEMS = "fewer_unseen_items_than_n"
FEW_ITEMS_IN_SEGMENT = "fewer_unseen_items_in_segment_than_n"
NO_CANDIDATE_IN_SEGMENT = "no_item_of_segment_is_a_candidate"
SEGMENT_WITHOUT_ITEMS = "segment_has_no_items"
# Of a user without rows: nothing is left.
SEEN_ALL = (FEW_ITEMS, FEW_ITEMS_IN_SEGMENT)


def rows_of(scored: DataFrame, run: Run) -> DataFrame:
    """One row per user in, one per user and rank out, in the shape of `recommendations`."""
    return scored.select("user_id", "source", F.explode("list").alias("row")).select(
        F.lit(run.run_date).alias("run_date"),
        F.lit(run.run_id).alias("run_id"),
        F.lit(run.model_version).alias("model_version"),
        "user_id",
        "row.rank",
        "row.item_id",
        "row.score",
        "source",
        *[f"row.{name}" for name in LIST_FIELDS[3:]],
    )


def publish(warehouse: Warehouse, run: Run, rows: DataFrame) -> None:
    """Replace the date's rows in `recommendations`: one commit, all or none.

    Raises MarsBatchError where another run published rows of the date meanwhile.
    """
    _replace_date(warehouse, PUBLISHED_TABLE, run, rows)


def set_aside(warehouse: Warehouse, run: Run, rows: DataFrame) -> None:
    """Write rows that an audit refused, for inspection."""
    _replace_date(warehouse, STAGED_TABLE, run, rows)


def _replace_date(warehouse: Warehouse, table: str, run: Run, rows: DataFrame) -> None:
    warehouse.create(table)
    where = f"run_date = date'{run.run_date.isoformat()}'"
    warehouse.overwrite(table, rows, run.as_note(), where=where)


def unserved_users(
    short: DataFrame, candidates: DataFrame, segments: Segments | None, run: Run
) -> DataFrame:
    """Rows of unserved_users for whom the catalogue holds no more than they got.

    `short` are users with fewer than N rows: `user_id, item_ids, n_rows, segment` (its number).
    `candidates` are the items that may be recommended (`item_id`); of these a user in a segment
    may get that segment's only. A user with too few rows for any other reason gets no code
    here: the audit stops such a night.
    """
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
    return found.where(n_unseen == F.col("n_rows")).select(
        F.lit(run.run_id).alias("run_id"),
        "user_id",
        "n_rows",
        (F.lit(FEW_ITEMS) if segments is None else _reason()).alias("reason"),
    )


def record_unserved(warehouse: Warehouse, run: Run, rows: DataFrame | None) -> None:
    """The run's rows in unserved_users, in place of those of an earlier try."""
    warehouse.create(UNSERVED_TABLE)
    of_run = is_word("run_id", run.run_id)
    if rows is not None:
        warehouse.overwrite(UNSERVED_TABLE, rows, where=of_run)
    elif warehouse.read_arrow(UNSERVED_TABLE, ("n_rows",), where={"run_id": run.run_id}).num_rows:
        warehouse.append(UNSERVED_TABLE, [], instead_of=of_run)


def _reason() -> Column:
    """Why a list is short, from the user's segment and what it may get."""
    return (
        F.when(F.col("segment") == 0, FEW_ITEMS)
        .when(F.col("is_listed").isNull(), SEGMENT_WITHOUT_ITEMS)
        .when(F.col("n_allowed").isNull(), NO_CANDIDATE_IN_SEGMENT)
        .otherwise(FEW_ITEMS_IN_SEGMENT)
    )
