"""mars-batch nightly."""

from datetime import date

import click

from mars_model.cli.job import Job, run_date_option
from mars_model.cli.show import run_json, run_text
from mars_model.runners.scoring import run_night


@click.command("nightly")
@run_date_option
@click.pass_obj
def nightly_command(job: Job, run_date: date) -> None:
    """Run the whole night but training; start it again after a crash, it ends in the same rows.

    A night that stands published with the same inputs and settings is left as it is.

    Example: mars-batch nightly --run-date 2026-11-23
    """
    run = run_night(
        job.warehouse, job.registry, job.settings, run_date, job.say, skip_published=True
    )
    job.show(run_text(run, job.settings.warehouse.path), run_json(run))
