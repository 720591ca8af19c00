"""mars-batch build-histories."""

from datetime import date

import click

from mars_model.cli.job import Job, run_date_option
from mars_model.cli.show import built
from mars_model.night.build_tables import build_histories


@click.command("build-histories")
@run_date_option
@click.pass_obj
def build_histories_command(job: Job, run_date: date) -> None:
    """Gather what every user liked before the run date into user_histories.

    Example: mars-batch build-histories --run-date 2026-11-23
    """
    result = build_histories(job.warehouse, job.settings, run_date)
    job.show(built(result, "users"), result.__dict__)
