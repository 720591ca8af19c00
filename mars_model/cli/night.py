"""What `score` and `nightly` share: their options, and a night or its dry run."""

from collections.abc import Callable
from datetime import date
from typing import Any

import click

from mars_model.cli.job import Job, run_date_option
from mars_model.cli.show import run_json, run_text
from mars_model.cli.show_dry_run import estimate_json, estimate_text
from mars_model.night.dry_run import estimate_night
from mars_model.night.run_night import run_night


def night_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--run-date, --dry-run."""
    command = click.option(
        "--dry-run",
        "is_dry_run",
        is_flag=True,
        help="Say what the night would score and take; write nothing.",
    )(command)
    # Schedules of earlier releases ask for it; every night scores all users now.
    command = click.option("--full", "_is_full", is_flag=True, hidden=True, expose_value=False)(
        command
    )
    return run_date_option(command)


def run_or_estimate(job: Job, run_date: date, is_dry_run: bool, skip_published: bool) -> None:
    """Run the night and show its record, or show what it would take."""
    where = job.warehouse, job.registry, job.settings, run_date
    if is_dry_run:
        estimate = estimate_night(*where)
        job.show(estimate_text(estimate), estimate_json(estimate))
        return
    run = run_night(*where, job.say, skip_published)
    job.show(run_text(run, job.settings.warehouse.path), run_json(run))
