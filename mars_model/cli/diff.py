"""mars-batch diff."""

from dataclasses import asdict
from typing import Any

import click

from mars_model.cli.job import Job
from mars_model.cli.show import SYNTHETIC_NOTE
from mars_model.night.diff_runs import Difference, Moved, diff_runs
from mars_model.night.runs import Run


@click.command("diff")
@click.argument("first", metavar="RUN")
@click.argument("second", metavar="RUN")
@click.pass_obj
def diff_command(job: Job, first: str, second: str) -> None:
    """Show what the second run's lists change for those who use the first's, and why.

    Runs are named as `runs` names them; also those that were superseded, withdrawn or refused.

    Example: mars-batch diff 2026-11-22-1a2b3c4d 2026-11-23-5e6f7a8b
    """
    found = diff_runs(job.warehouse, first, second)
    note = f" {SYNTHETIC_NOTE}" if job.warehouse.is_synthetic() else ""
    runs = {"first": _as_json(found.first), "second": _as_json(found.second)}
    job.show(_text(found, note), asdict(found) | runs)


def _as_json(run: Run) -> dict[str, Any]:
    names = ("run_id", "run_date", "status", "model_version")
    return {name: getattr(run, name) for name in names}


def _text(found: Difference, note: str) -> str:
    first, second = found.first, found.second
    same_history = found.users_changed_with_same_history
    of_these = "" if same_history is None else f"; {same_history:,} changed with the same history"
    overlap = "no user is in both"
    if found.mean_overlap is not None:
        overlap = f"on average {found.mean_overlap:.1%} of a list is in the other"
    shift = (
        "not comparable: another model"
        if first.model_version != second.model_version
        else ("not known" if found.score_shift is None else f"{found.score_shift:+.2%}")
    )
    lines = [
        f"from run {first.run_id} ({first.status}) to {second.run_id} ({second.status}){note}",
        f"users: {found.users_in_both:,} in both, {found.users_of_first_only:,} in the first only, "
        f"{found.users_of_second_only:,} in the second only",
        f"lists: {found.users_changed:,} changed, {found.users_reordered:,} of them in their order "
        f"only{of_these}; {overlap}",
        f"items: {found.items_entering:,} new in all lists, {found.items_leaving:,} gone; "
        f"{found.rows_entering:,} rows entered lists, {found.rows_leaving:,} left them",
        *_moved("entered", found.most_entering),
        *_moved("left", found.most_leaving),
        f"mean score: {shift}",
        *[f"because of the {cause.what}: {cause.how}" for cause in found.causes],
    ]
    if not found.causes:
        lines.append("same model, inputs and settings: the rows should be the same")
    return "\n".join(lines)


def _moved(what: str, items: list[Moved]) -> list[str]:
    return [f"  {what} {one.n_users:,} lists: {one.title}" for one in items]
