"""mars-batch score, the same as jobs/score_all_users.py."""

from datetime import date

import click

from mars_model.cli.job import Job, run_date_option
from mars_model.cli.show import run_json, run_text
from mars_model.runners.scoring import run_night


@click.command("score")
@run_date_option
@click.pass_obj
def score_command(job: Job, run_date: date) -> None:
    """Score all users, audit their lists, publish them under the run date.

    Scores anew also where the night stands published; what is behind is built first.

    Example: mars-batch score --run-date 2026-11-23
    """
    run = run_night(
        job.warehouse, job.registry, job.settings, run_date, job.say, skip_published=False
    )
    job.show(run_text(run, job.settings.warehouse.path), run_json(run))
