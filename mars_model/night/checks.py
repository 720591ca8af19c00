"""The checks of sql/checks over the two views of an audit, each view looked at once."""

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from mars_model.resources import sql_files
from mars_model.scoring.score_block import MODEL_SOURCE

N_EXAMPLES = 3


@dataclass(frozen=True)
class Failure:
    """A check that some rows do not pass, or a gate beyond its limit."""

    name: str
    n_rows: int
    detail: str


@dataclass(frozen=True)
class UserFacts:
    """What one look at `audited_users` counts."""

    n_users: int
    n_different_users: int
    n_rows: int
    n_by_model: int
    n_rows_before: int  # of the night before, of users who are in both
    n_rows_again: int  # of these, the (user, item) pairs that are here again
    n_offending: dict[str, int]  # by check


@dataclass(frozen=True)
class ItemFacts:
    """What one look at `audited_items` counts."""

    n_items: int
    mean_score: float | None  # of the model's rows
    n_offending: dict[str, int]


def check_names() -> list[str]:
    """All checks, by name."""
    return sorted(path.stem for kind in ("users", "items") for path in sql_files(f"checks/{kind}"))


def look_at_users(users: DataFrame) -> UserFacts:
    """Count all that is asked of `audited_users`, in one pass.

    An optional column `before` holds the items of the user's list of the night before.
    """
    rows, checks = F.size("list"), _checks("users")
    before, again = F.lit(0), F.lit(0)
    if "before" in users.columns:
        is_in_both = F.col("before").isNotNull() & (rows > 0)
        common = F.size(F.array_intersect("before", "list.item_id"))
        before = F.when(is_in_both, F.size("before")).otherwise(0)
        again = F.when(is_in_both, common).otherwise(0)
    found = users.agg(
        F.count("*").alias("n_users"),
        F.count_distinct("user_id").alias("n_different_users"),
        F.sum(rows).alias("n_rows"),
        F.count_if(F.col("source") == MODEL_SOURCE).alias("n_by_model"),
        F.sum(before).alias("n_rows_before"),
        F.sum(again).alias("n_rows_again"),
        *[F.count_if(is_broken).alias(name) for name, is_broken in checks.items()],
    ).first()
    assert found is not None
    counts = {name: int(n or 0) for name, n in found.asDict().items()}
    n_offending = {name: counts.pop(name) for name in checks}
    return UserFacts(n_offending=n_offending, **counts)


def look_at_items(items: DataFrame) -> ItemFacts:
    """Count all that is asked of `audited_items`, in one pass."""
    checks = _checks("items")
    found = items.agg(
        F.count_distinct("item_id"),
        F.sum("sum_of_scores") / F.sum("n_mars_rows"),
        *[F.sum(F.when(broken, F.col("n_rows")).otherwise(0)) for broken in checks.values()],
    ).first()
    assert found is not None
    n_offending = dict(zip(checks, (int(n or 0) for n in found[2:]), strict=True))
    return ItemFacts(int(found[0]), found[1], n_offending)


def describe(
    n_offending: Mapping[str, int], view: DataFrame, kind: str, columns: tuple[str, ...]
) -> list[Failure]:
    """The checks of a kind (users, items) that are broken, with examples from their view."""
    checks = _checks(kind)
    failures = []
    for name, n in n_offending.items():
        if n:
            found = view.where(checks[name]).select(*columns).limit(N_EXAMPLES).collect()
            examples = "; ".join(str(row.asDict()) for row in found)
            failures.append(Failure(name, n, f"for example {examples}"))
    return failures


def _checks(kind: str) -> dict[str, Column]:
    """By name: whether a row of the kind's view is broken."""
    files = sql_files(f"checks/{kind}")
    return {path.stem: F.expr(path.read_text(encoding="utf-8")) for path in files}
