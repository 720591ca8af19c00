"""mars-batch nightly."""

from datetime import date

import click

from mars_model.cli.job import Job
from mars_model.cli.night import night_options, run_or_estimate


@click.command("nightly")
@night_options
@click.pass_obj
def nightly_command(job: Job, run_date: date, is_dry_run: bool) -> None:
    """Run the whole night but training; start it again after a crash, it ends in the same rows.

    A night that stands published with the same inputs and settings is left as it is.

    Example: mars-batch nightly --run-date 2026-11-23

    Example: mars-batch nightly --dry-run
    """
    run_or_estimate(job, run_date, is_dry_run, skip_published=True)
