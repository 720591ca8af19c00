"""mars-batch explain."""

from typing import Any

import click
from pyspark.sql import functions as F

from mars_model.cli.job import Job
from mars_model.cli.show import SYNTHETIC_NOTE
from mars_model.errors import InputDataError
from mars_model.night.runs import PUBLISHED, read_runs
from mars_model.tables.views import register_views


@click.command("explain")
@click.argument("user_id")
@click.argument("item_id", required=False)
@click.pass_obj
def explain_command(job: Job, user_id: str, item_id: str | None) -> None:
    """Show one user's latest list, each item with the likes that it stands on.

    Example: mars-batch explain 42
    """
    items = lists_of(job, [user_id])
    if item_id is not None:
        items = [row for row in items if str(row["item_id"]) == item_id]
    if not items:
        what = f"user {user_id}" + (f" and item {item_id}" if item_id else "")
        reason = "" if item_id else _reason_for_nothing(job, user_id)
        raise InputDataError(
            f"recommendations: nothing published for {what} in the latest night{reason}. "
            "See who was served with: mars-batch sql "
            '"select distinct user_id from latest_recommendations"'
        )
    note = f" {SYNTHETIC_NOTE}" if job.warehouse.is_synthetic() else ""
    job.show(f"user {user_id}, {items[0]['run_date']}{note}\n" + "\n".join(map(line, items)), items)


def lists_of(job: Job, user_ids: list[str]) -> list[dict[str, Any]]:
    """The latest rows of some users with titles, by user and rank."""
    if "recommendation_reasons" not in register_views(job.warehouse):
        job.warehouse.read("recommendations")
    spark = job.warehouse.spark
    # Compared as text: the id on a command line does not say whether it is a number.
    is_asked = F.col("user_id").cast("string").isin(user_ids)
    rows = spark.table("recommendation_reasons").where(is_asked).orderBy("user_id", "rank")
    return [row.asDict(recursive=True) for row in rows.collect()]


def _reason_for_nothing(job: Job, user_id: str) -> str:
    """The coded reason of a user without rows in the latest published run, if it has one."""
    published = [run for run in read_runs(job.warehouse) if run.status == PUBLISHED]
    if not published:
        return ""
    is_asked = F.col("user_id").cast("string") == user_id
    unserved = job.warehouse.read("unserved_users").where(is_asked)
    row = unserved.where(F.col("run_id") == published[0].run_id).first()
    return f": {row['reason']}" if row else ""


def line(row: dict[str, Any]) -> str:
    """One item of a list, with its reasons below it."""
    lines = [f"{row['rank']:>3}. {row['title']}  (score {row['score']:.3f}): {row['reason']}"]
    for because in row["because_titles"] or []:
        without = because["score_without"]
        counterfactual = "it is the only like" if without is None else f"{without:.3f} without it"
        lines.append(
            f"       {because['attention']:>6.1%} of the attention: {because['title']}, "
            f"contributes {because['contribution']:.3f}; {counterfactual}"
        )
    return "\n".join(lines)
