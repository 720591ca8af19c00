"""Lists of a night that stands on an earlier one: only what changed is scored."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.night.basis import Basis
from mars_model.night.changes import (
    LEFT,
    ItemChanges,
    item_changes,
    item_states,
    user_changes,
)
from mars_model.night.inputs import Inputs
from mars_model.night.new_items import entrants, merge_lists, only_candidates
from mars_model.night.segment_changes import changed_segments, name_segments
from mars_model.night.spread import Work, measure_work
from mars_model.scoring.catalogue import Catalogue

# Users with their histories, how much there is to score, the catalogue, rows per user → lists.
Score = Callable[[DataFrame, Work, Catalogue, int], DataFrame]
_LIST_COLUMNS = ("user_id", "rank", "item_id", "score", "source", "because")
# So many new candidates are looked at for each user; who takes them all is scored in full.
_MOST_ENTRANTS = 2


@dataclass(frozen=True)
class Lists:
    """Lists of all users, how many users came which way, and frames to let go once written."""

    rows: DataFrame
    counts: dict[str, int]
    cached: list[DataFrame] = field(default_factory=list)

    def release(self) -> None:
        """Let go of the cached frames."""
        for frame in self.cached:
            frame.unpersist()


def full_lists(inputs: Inputs, catalogue: Catalogue, score: Score, top_n: int) -> Lists:
    """Every user scored."""
    work = measure_work(inputs.histories)
    rows = score(inputs.users(), work, catalogue, top_n)
    return Lists(rows, {"users": work.n_users, "users_scored": work.n_users, "users_reused": 0})


def incremental_lists(
    basis: Basis, inputs: Inputs, catalogue: Catalogue, score: Score, top_n: int
) -> Lists:
    """The rows of `full_lists`, with the lists of `basis` kept where nothing touched them.

    A user is scored, or reused: with the old list as it is, or merged with candidates that are
    new (`users_merged` of the reused). The counts `scored_for_…` say what made lists stale.
    """
    items, users = changes_since(basis, inputs, top_n)
    users = users.persist()
    cached = [users]
    n_why = {row["why"]: row["count"] for row in users.groupBy("why").count().collect()}
    n_fresh = n_why.pop(None, 0)
    n_why.pop(LEFT, None)
    to_score = users.where(F.col("why") != LEFT)
    stale = users.where(F.col("why").isNotNull()).select("user_id")
    held = basis.rows.select(*_LIST_COLUMNS)
    parts: list[DataFrame] = []
    n_merged = 0
    if n_fresh and len(items.new_ids):
        fresh = users.where(F.col("why").isNull())
        few = min(_MOST_ENTRANTS, top_n)
        found = score(fresh, measure_work(fresh), only_candidates(catalogue, items.new_ids), few)
        entered = entrants(found, fresh).persist()
        by_user = entered.groupBy("user_id").agg(F.count("*").alias("n_new")).persist()
        cached += [entered, by_user]
        n_by_new = {r["n_new"]: r["count"] for r in by_user.groupBy("n_new").count().collect()}
        # Only where the list has room for more new candidates than were looked at.
        n_crowded = n_by_new.pop(few, 0) if few < top_n else 0
        n_merged = sum(n_by_new.values())
        if n_crowded:
            n_why["many_new_items"] = n_crowded
            crowded = by_user.where(F.col("n_new") == few).select("user_id")
            to_score = to_score.unionByName(users.join(crowded, "user_id", "left_semi"))
        if n_merged:
            mixed = by_user.where((F.col("n_new") < few) | F.lit(few == top_n)).select("user_id")
            old, new = (rows.join(mixed, "user_id", "left_semi") for rows in (held, entered))
            parts.append(merge_lists(old, new, top_n))
        if n_by_new or n_crowded:
            stale = stale.unionByName(by_user.select("user_id"))
    n_scored = sum(n_why.values())
    n_reused = n_fresh - n_why.get("many_new_items", 0)
    if n_reused > n_merged:
        parts.append(held.join(stale, "user_id", "left_anti"))
    if n_scored or not parts:
        parts.append(score(to_score, measure_work(to_score), catalogue, top_n))
    counts = {
        "users": n_scored + n_reused,
        "users_scored": n_scored,
        "users_reused": n_reused,
        "users_merged": n_merged,
        **{f"scored_for_{why}": n for why, n in sorted(n_why.items())},
    }
    return Lists(reduce(DataFrame.unionByName, parts), counts, cached)


def changes_since(basis: Basis, inputs: Inputs, top_n: int) -> tuple[ItemChanges, DataFrame]:
    """Items that are not what they were, and for every user why the list is stale."""
    then, now = (
        item_states(night.documents, night.vectors, night.candidates)
        for night in (basis.inputs, inputs)
    )
    items = item_changes(then, now)
    before, after = (
        name_segments(night.users(), night.segments) for night in (basis.inputs, inputs)
    )
    segments = changed_segments(basis.inputs.segments, inputs.segments)
    return items, user_changes(before, after, basis.rows, items, segments, top_n)
