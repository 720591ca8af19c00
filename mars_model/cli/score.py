"""mars-batch score, the same as jobs/score_all_users.py."""

from datetime import date

import click

from mars_model.cli.job import Job
from mars_model.cli.night import night_options, run_or_estimate


@click.command("score")
@night_options
@click.pass_obj
def score_command(job: Job, run_date: date, is_dry_run: bool) -> None:
    """Score all users, audit their lists, publish them under the run date.

    Scores anew also where the night stands published; what is behind is built first.

    Example: mars-batch score --run-date 2026-11-23

    Example: mars-batch score --dry-run
    """
    run_or_estimate(job, run_date, is_dry_run, skip_published=False)
