"""mars-batch backfill; the same as jobs/backfill.py."""

from dataclasses import asdict
from datetime import datetime

import click

from mars_model.cli.job import DAY, Job
from mars_model.night.backfill import Backfilled, backfill


@click.command("backfill")
@click.option("--from", "first", type=DAY, required=True, help="The first run date.")
@click.option("--to", "last", type=DAY, required=True, help="The last run date, included.")
@click.pass_obj
def backfill_command(job: Job, first: datetime, last: datetime) -> None:
    """Run the nights of all dates that have no published run, in order, with the inputs of now.

    Dates that have one are left. The first night that fails ends it; run it again to go on.

    Example: mars-batch backfill --from 2026-11-01 --to 2026-11-23
    """
    if first > last:
        raise click.UsageError(f"--from {first:%Y-%m-%d} lies behind --to {last:%Y-%m-%d}")
    job.require_writable()
    where = job.warehouse, job.registry, job.settings
    done = backfill(*where, first.date(), last.date(), job.say)
    job.show(_text(done), asdict(done))


def _text(done: Backfilled) -> str:
    lines = [f"{run.run_date}: run {run.run_id} published" for run in done.published]
    return "\n".join([*lines, f"{len(done.left)} dates had a published run and were left"])
