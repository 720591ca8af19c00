"""How results read: tables and lists for people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mars_model.night.build_tables import Built
    from mars_model.night.dry_run import Estimate
    from mars_model.night.runs import Run

SYNTHETIC_NOTE = "(synthetic sample data: the films and users are invented)"
_BY_REASON = "rows_by_reason_"
_FIRST_LOOK = (
    "select user_id, rank, title, reason from recommendation_reasons "
    "order by user_id, rank limit 10"
)


def built(result: "Built", what: str) -> str:
    """One line about a table that a step brought up to date."""
    state = "was current" if result.was_current else "written"
    return f"{result.table} (version {result.version}): {state}, {result.n_rows:,} {what}"


def run_text(run: "Run", warehouse: str) -> str:
    """A night in a few lines."""
    counts = run.counts
    fallback = {
        name.removeprefix("users_by_"): n
        for name, n in counts.items()
        if name.startswith("users_by_")
        and name != "users_by_mars"
        and not name.startswith("users_by_path_")
    }
    served = "".join(f", {n:,} by the fallback '{name}'" for name, n in fallback.items())
    reasons = [
        f"{name.removeprefix(_BY_REASON)} {n:,}"
        for name, n in counts.items()
        if name.startswith(_BY_REASON)
    ]
    why = f"what rows are there for: {', '.join(reasons)}\n" if reasons else ""
    gates = ", ".join(f"{name} {value:.3f}" for name, value in run.gates.items())
    if not counts.get("rows"):
        gates = "there are no rows to judge, everybody has liked all that they may get"
    accepted = f"accepted: {accepted_text(run)}\n" if run.accepted else ""
    return (
        f"run {run.run_id}: {run.status} for {run.run_date} with {run.model_version}\n"
        f"{counts.get('rows', 0):,} rows for {counts.get('users', 0):,} users: "
        f"{counts.get('users_by_mars', 0):,} by the model{served}; "
        f"{counts.get('unserved_users', 0):,} users got fewer than {run.top_n}\n"
        f"{why}"
        f"audit: {gates}\n"
        f"{accepted}"
        f"read it with: mars-batch --warehouse {warehouse} sql "
        f'"{_FIRST_LOOK}"'
    )


def accepted_text(run: "Run") -> str:
    """The gates that failed and were accepted, each with its reason."""
    return "; ".join(f"{gate} ({reason})" for gate, reason in run.accepted.items())


def estimate_text(estimate: "Estimate") -> str:
    """The estimate of a dry run in a few lines."""
    path = "certified lists" if estimate.path == "lists" else "full blocks"
    lines = [
        f"dry run for {estimate.run_date} with {estimate.model_version}: nothing was written",
        f"{estimate.users:,} users with {estimate.likes:,} likes; {estimate.items:,} items, "
        f"{estimate.candidates:,} of them candidates: {estimate.pairs:,} pairs of like and "
        f"candidate, by {path} in {estimate.workers} workers",
    ]
    if estimate.is_published:
        lines.append(
            f"run {estimate.run_id} stands published with these inputs and settings: `nightly` "
            "skips it, `score` scores again"
        )
    if estimate.behind:
        lines.append(f"brought up to date first: {', '.join(estimate.behind)}")
    if estimate.items_to_encode:
        lines.append(f"{estimate.items_to_encode:,} items to encode")
    if estimate.seconds is None:
        lines.append("how long it takes is not known before the first night")
    else:
        lines.append(
            f"about {estimate.seconds:,.0f} s and the start of Spark, going by run "
            f"{estimate.last_run}"
        )
    return "\n".join(lines)


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows under their column names, cells cut to 100 characters."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [
        max(len(name), *(len(row[i]) for row in cells)) if cells else len(name)
        for i, name in enumerate(columns)
    ]
    lines = ["  ".join(name.ljust(w) for name, w in zip(columns, widths, strict=True)).rstrip()]
    lines.append("  ".join("-" * w for w in widths))
    lines += [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        if 0 < abs(value) < 0.0001:
            return f"{value:.4g}"
        return f"{value:.4f}".rstrip("0").rstrip(".")
    text = " ".join(str(value).split())
    return text if len(text) <= 100 else text[:99] + "…"
