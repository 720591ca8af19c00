"""The checks of sql/checks over the views of an audit, each view looked at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from mars_model.night.published_rows import hash_text
from mars_model.resources import sql_files
from mars_model.scoring.claims import REASON_KINDS
from mars_model.scoring.score_block import MODEL_SOURCE

N_EXAMPLES = 3
# Checks by what they look at one of, and what names one of it.
KINDS = {"users": ("user_id",), "rows": ("user_id", "rank"), "items": ("segment", "item_id")}


@dataclass(frozen=True)
class Failure:
    """A check that some rows do not pass, or a gate beyond its limit."""

    name: str
    n_rows: int
    detail: str
    examples: tuple[dict[str, Any], ...] = ()  # users, rows or items that offend
    sql: str = ""  # that finds them


@dataclass(frozen=True)
class UserFacts:
    """What one look at `audited_users` counts."""

    n_users: int
    n_different_users: int
    n_rows: int
    n_by_model: int
    n_rows_before: int  # of the night before, of users who are in both
    n_rows_again: int  # of these, the (user, item) pairs that are here again
    newest_like_s: int | None  # seconds since 1970 UTC; None: no like has a time
    n_offending: dict[str, int]  # by check


@dataclass(frozen=True)
class ItemFacts:
    """What one look at `audited_items` counts, of `audited_rows` too."""

    n_items: int
    mean_score: float | None  # of the model's rows
    n_by_reason: dict[str, int]  # rows, by `rows_by_reason_<kind>`
    n_offending: dict[str, int]
    rows_hash: str | None = None  # of the rows as they are published


def check_names() -> list[str]:
    """All checks, by name."""
    return sorted(path.stem for kind in KINDS for path in sql_files(f"checks/{kind}"))


def checks_of(kind: str) -> dict[str, Column]:
    """By name: whether a row of the view of a kind (users, rows, items) is broken."""
    files = sql_files(f"checks/{kind}")
    return {path.stem: F.expr(path.read_text(encoding="utf-8")) for path in files}


def reason_counts() -> dict[str, Column]:
    """By name of the count: whether a row of `audited_rows` has that kind of reason."""
    kinds = {f"rows_by_reason_{kind}": kind for kind in REASON_KINDS}
    return {name: F.col("reason_kind") == kind for name, kind in kinds.items()}


def look_at_users(users: DataFrame) -> UserFacts:
    """Count all that is asked of `audited_users`, in one pass.

    Optional columns: `before`, the items of the user's list of the night before, and
    `last_interacted_at`, of the newest like.
    """
    rows, checks = F.size("list"), checks_of("users")
    before, again = F.lit(0), F.lit(0)
    if "before" in users.columns:
        is_in_both = F.col("before").isNotNull() & (rows > 0)
        common = F.size(F.array_intersect("before", "list.item_id"))
        before = F.when(is_in_both, F.size("before")).otherwise(0)
        again = F.when(is_in_both, common).otherwise(0)
    newest: Column = F.lit(None)
    if "last_interacted_at" in users.columns:
        newest = F.unix_seconds("last_interacted_at")
    found = users.agg(
        F.count("*").alias("n_users"),
        F.count_distinct("user_id").alias("n_different_users"),
        F.sum(rows).alias("n_rows"),
        F.count_if(F.col("source") == MODEL_SOURCE).alias("n_by_model"),
        F.sum(before).alias("n_rows_before"),
        F.sum(again).alias("n_rows_again"),
        F.max(newest.cast("long")).alias("newest_like_s"),
        *[F.count_if(is_broken).alias(name) for name, is_broken in checks.items()],
    ).first()
    assert found is not None
    facts = found.asDict()
    newest_like_s = facts.pop("newest_like_s")
    counts = {name: int(n or 0) for name, n in facts.items()}
    n_offending = {name: counts.pop(name) for name in checks}
    return UserFacts(newest_like_s=newest_like_s, n_offending=n_offending, **counts)


def look_at_items(items: DataFrame) -> ItemFacts:
    """Count all that is asked of `audited_items`, and of the rows behind it, in one pass."""
    checks, is_hashed = checks_of("items"), "rows_xor" in items.columns
    hashes = [F.bit_xor("rows_xor").alias("xor"), F.sum("rows_sum").alias("sum")]
    found = items.agg(
        F.count_distinct("item_id").alias("n_items"),
        (F.sum("sum_of_scores") / F.sum("n_mars_rows")).alias("mean_score"),
        *[F.sum(F.when(broken, F.col("n_rows"))).alias(name) for name, broken in checks.items()],
        *[F.sum(name).alias(name) for name in (*reason_counts(), *checks_of("rows"))],
        *(hashes if is_hashed else []),
    ).first()
    assert found is not None
    counts = found.asDict()
    n_items, mean_score = int(counts.pop("n_items")), counts.pop("mean_score")
    rows_hash = hash_text(counts.pop("xor"), counts.pop("sum")) if is_hashed else None
    n_by_reason = {name: int(counts.pop(name) or 0) for name in reason_counts()}
    n_offending = {name: int(n or 0) for name, n in counts.items()}
    return ItemFacts(n_items, mean_score, n_by_reason, n_offending, rows_hash)


def describe(
    n_offending: Mapping[str, int], users: DataFrame, rows: DataFrame, items: DataFrame
) -> list[Failure]:
    """The checks that are broken, with examples from their views."""
    failures = []
    for view, (kind, columns) in zip((users, rows, items), KINDS.items(), strict=True):
        for name, is_broken in checks_of(kind).items():
            if n_offending[name]:
                found = view.where(is_broken).select(*columns).limit(N_EXAMPLES).collect()
                examples = tuple(row.asDict() for row in found)
                detail = f"for example {'; '.join(map(str, examples))}"
                failures.append(Failure(name, n_offending[name], detail, examples))
    return failures
