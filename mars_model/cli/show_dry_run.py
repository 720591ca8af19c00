"""How a dry run reads."""

from dataclasses import asdict
from typing import Any

from mars_model.night.dry_run import Estimate


def estimate_json(estimate: Estimate) -> dict[str, Any]:
    """All numbers of an estimate."""
    return asdict(estimate)


def estimate_text(estimate: Estimate) -> str:
    """An estimate in a few lines."""
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
