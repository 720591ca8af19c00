"""mars-batch explain."""

from typing import Any

import click

from mars_model.cli.arguments import IdsCommand, cleaned
from mars_model.cli.job import Job
from mars_model.cli.show import SYNTHETIC_NOTE
from mars_model.errors import InputDataError
from mars_model.night.read_lists import read_lists, read_unserved_reason


@click.command("explain", cls=IdsCommand)
@click.argument("user_id", callback=cleaned)
@click.argument("item_id", required=False, callback=cleaned)
@click.pass_obj
def explain_command(job: Job, user_id: str, item_id: str | None) -> None:
    """Show one user's latest list, each item with the likes that it stands on.

    Example: mars-batch explain 42
    """
    items = read_lists(job.warehouse, [user_id])
    if item_id is not None:
        items = [row for row in items if str(row["item_id"]) == item_id]
    if not items:
        what = f"user {user_id}" + (f" and item {item_id}" if item_id else "")
        why = None if item_id else read_unserved_reason(job.warehouse, user_id)
        reason = f": {why}" if why else ""
        raise InputDataError(
            f"recommendations: nothing published for {what} in the latest night{reason}. "
            "See who was served with: mars-batch sql "
            '"select distinct user_id from latest_recommendations"'
        )
    note = f" {SYNTHETIC_NOTE}" if job.warehouse.is_synthetic() else ""
    job.show(f"user {user_id}, {items[0]['run_date']}{note}\n" + "\n".join(map(line, items)), items)


def line(row: dict[str, Any]) -> str:
    """One item of a list, with its reasons below it."""
    why = f": {row['reason']}" if row["reason"] else ""  # null in lists of an earlier release
    lines = [f"{row['rank']:>3}. {row['title']}  (score {row['score']:.3f}){why}"]
    for because in row["because_titles"] or []:
        without = because["score_without"]
        added = because["contribution"]
        contributes = "" if added is None else f", contributes {added:.3f}"
        counterfactual = "it is the only like" if without is None else f"{without:.3f} without it"
        lines.append(
            f"       {because['attention']:>6.1%} of the attention: {because['title']}"
            f"{contributes}; {counterfactual}"
        )
    return "\n".join(lines)
