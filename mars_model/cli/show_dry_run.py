"""How a dry run reads."""

from dataclasses import asdict
from typing import Any

from mars_model.night.dry_run import Estimate


def estimate_json(estimate: Estimate) -> dict[str, Any]:
    """All numbers of an estimate."""
    return asdict(estimate)


def estimate_text(estimate: Estimate) -> str:
    """An estimate in a few lines."""
    everything, needed = estimate.everything, estimate.needed
    lines = [
        f"dry run for {estimate.run_date} with {estimate.model_version}: nothing was written",
        f"{everything.users:,} users with {everything.slots:,} likes (slots); "
        f"{estimate.items:,} items, {estimate.candidates:,} of them candidates: "
        f"{everything.pairs:,} pairs of slot and candidate",
    ]
    if estimate.published_run is not None:
        lines.append(
            f"run {estimate.published_run} stands published with these inputs and settings: "
            "`nightly` leaves it as it is, `score` scores anew"
        )
    if estimate.why_full is not None:
        lines.append(f"all users are scored: {estimate.why_full}")
    else:
        lines.append(
            f"at least {needed.users:,} users are scored, at most "
            f"{estimate.users_reused_at_most:,} keep their list of run {estimate.stands_on}: "
            f"{needed.pairs:,} pairs"
        )
    if estimate.behind:
        lines.append(f"brought up to date first: {', '.join(estimate.behind)}")
    if estimate.items_to_encode:
        lines.append(
            f"{estimate.items_to_encode:,} items to encode, about {estimate.encode_s:,.1f} s"
        )
    if estimate.makes_lists:
        lines.append(
            "neighbour lists are made first, which is not in the seconds below: "
            "the sample was scored in full blocks"
        )
    others = (
        f"; the other steps took {estimate.other_steps_s:,.1f} s in the last night"
        if estimate.other_steps_s is not None
        else ""
    )
    lines += [
        f"scoring takes about {estimate.score_s:,.1f} s, all users {estimate.full_score_s:,.1f} s, "
        f"going by {estimate.probe_users:,} users scored just now{others}",
        f"memory: {estimate.worker_memory_mb:,.0f} MiB in each of {estimate.workers} Python "
        f"workers, {estimate.catalogue_mb:,.0f} MiB of it the vectors that they share",
    ]
    return "\n".join(lines)
