"""mars-batch score and nightly; score is the same as jobs/score_all_users.py."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any

import click

from mars_model.cli.job import Job, run_date_option
from mars_model.cli.show import estimate_text, run_text
from mars_model.night.dry_run import estimate_night
from mars_model.night.gates import accepted_gates
from mars_model.night.run_night import run_night


def night_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--run-date, --dry-run, --repin, --accept and --reason."""
    command = click.option(
        "--reason",
        "reasons",
        multiple=True,
        metavar="TEXT",
        help="Why the night is right all the same: one for each --accept, or one for all.",
    )(command)
    command = click.option(
        "--accept",
        "gates",
        multiple=True,
        metavar="GATE",
        help="Publish though this gate of the audit fails; needs --reason; may be repeated.",
    )(command)
    command = click.option(
        "--repin",
        is_flag=True,
        help="Take the inputs of now for a published date, not those that its run read.",
    )(command)
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


@click.command("nightly")
@night_options
@click.pass_obj
def nightly_command(job: Job, /, **options: Any) -> None:
    """Run the whole night but training; start it again after a crash, it ends in the same rows.

    A date that was published is read from the same versions of its inputs again, unless --repin is
    given. With the same settings and model it is left as it is, if its rows are those of its
    record; else it is published anew.

    Example: mars-batch nightly --run-date 2026-11-23

    Example: mars-batch nightly --dry-run

    Example: mars-batch nightly --accept overlap --reason "the range was replaced"
    """
    _run_or_estimate(job, skip_published=True, **options)


@click.command("score")
@night_options
@click.pass_obj
def score_command(job: Job, /, **options: Any) -> None:
    """Score all users, audit their lists, publish them under the run date.

    Scores anew also where the night stands published, from the same versions of its inputs unless
    --repin is given; what is behind is built first.

    Example: mars-batch score --run-date 2026-11-23

    Example: mars-batch score --dry-run
    """
    _run_or_estimate(job, skip_published=False, **options)


def _run_or_estimate(
    job: Job,
    run_date: date,
    is_dry_run: bool,
    repin: bool,
    gates: tuple[str, ...],
    reasons: tuple[str, ...],
    skip_published: bool,
) -> None:
    """Run the night and show its record, or show what it would take."""
    accepted = accepted_gates(gates, reasons)
    where = job.warehouse, job.registry, job.settings, run_date
    if is_dry_run:
        estimate = estimate_night(*where, job.say, repin)
        job.show(estimate_text(estimate), asdict(estimate))
        return
    job.require_writable()
    run = run_night(*where, job.say, skip_published, accepted, repin)
    job.show(run_text(run, job.settings.warehouse.path), asdict(run))
