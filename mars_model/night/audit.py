"""The audit of a night: checks and gates over lists that are scored and not published yet."""

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.night.audited import items_view, rows_view, scored_view
from mars_model.night.checks import (
    Failure,
    UserFacts,
    describe,
    look_at_items,
    look_at_users,
)
from mars_model.night.gates import judge_gates, measure_gates
from mars_model.night.prepare import Prepared
from mars_model.night.publish import SEEN_ALL, unserved_users
from mars_model.night.published_rows import row_hash
from mars_model.night.runs import Run
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse


@dataclass(frozen=True)
class Report:
    """What an audit found."""

    counts: dict[str, int]
    gates: dict[str, float]
    failures: list[Failure]
    unserved: DataFrame | None  # rows of unserved_users; None: everybody got N rows
    rows_hash: str | None  # of all rows, as they are published


def audit(
    warehouse: Warehouse,
    settings: Settings,
    run: Run,
    prepared: Prepared,
    scored: DataFrame,
    last: Run | None,
    validation_map: float | None = None,
) -> Report:
    """Look once at every user and once at every recommended item.

    `scored` are rows of `scored_users`, with the items of the list of the night `last` in `before`.
    `validation_map` is that of the model in use, where it has one.
    """
    segments = prepared.inputs.segments
    users = scored_view(scored, segments.names if segments else (), run.top_n)
    rows, versions = rows_view(users), run.input_versions
    items = items_view(warehouse, versions, users, run.run_date, row_hash(run))
    of_users, of_items = look_at_users(users), look_at_items(items)
    n_offending, n_unserved, unserved = dict(of_users.n_offending), 0, None
    if n_offending["served_in_full"]:  # nobody has a coded reason yet
        # Asked for twice, here and by the table: computed once.
        unserved = _unserved(warehouse, run, prepared, scored).localCheckpoint()
        n_unserved = unserved.count()
        n_offending["served_in_full"] -= n_unserved
        coded = unserved.select("user_id", F.struct("n_rows", "reason").alias("unserved"))
        users = users.drop("unserved").join(coded, "user_id", "left")
    n_offending["served_in_full"] += _n_lost_or_twice(of_users, prepared.work.n_users)
    failures = describe(n_offending | of_items.n_offending, users, rows, items)
    n_candidates = len(prepared.catalogue.candidate_idx)
    is_empty_by_right = n_candidates > 0 and _has_everybody_seen_all(of_users, unserved)
    gates = measure_gates(
        of_users, of_items, n_candidates, run, last, validation_map, is_empty_by_right
    )
    failures += judge_gates(gates, settings.audit)
    n_by_fallback = of_users.n_users - of_users.n_by_model
    counts = {
        "users": of_users.n_users,
        "rows": of_users.n_rows,
        "candidates": n_candidates,
        "unserved_users": n_unserved,
        "users_by_mars": of_users.n_by_model,
        **of_items.n_by_reason,
    }
    if n_by_fallback:
        counts[f"users_by_{settings.scoring.fallback}"] = n_by_fallback
    return Report(counts, gates, failures, unserved, of_items.rows_hash)


def _has_everybody_seen_all(found: UserFacts, unserved: DataFrame | None) -> bool:
    """Whether no user has a row, each since nothing that the user may get is left.

    A segment without items, of all users, may well be a mistake: the gates see it.
    """
    if found.n_rows or unserved is None:
        return False
    return unserved.where(F.col("reason").isin(*SEEN_ALL)).count() == found.n_users


def _n_lost_or_twice(found: UserFacts, n_users: int) -> int:
    """Users with a history who are not there, and rows of users who are there already."""
    return abs(n_users - found.n_different_users) + found.n_users - found.n_different_users


def _unserved(warehouse: Warehouse, run: Run, prepared: Prepared, scored: DataFrame) -> DataFrame:
    rows = F.size("list")
    segment = F.col("segment") if "segment" in scored.columns else F.lit(0)
    short = scored.where(rows < run.top_n).select(
        "user_id", "item_ids", rows.alias("n_rows"), segment.alias("segment")
    )
    catalogue = prepared.catalogue
    ids = catalogue.item_ids[catalogue.candidate_idx].tolist()
    id_type = f"item_id {prepared.pin.id_types().item}"
    candidates = warehouse.spark.createDataFrame([(item_id,) for item_id in ids], id_type)
    return unserved_users(short, candidates, prepared.inputs.segments, run)
