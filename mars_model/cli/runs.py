"""mars-batch runs."""

from dataclasses import asdict

import click

from mars_model.cli.job import Job
from mars_model.cli.show import accepted_text, table
from mars_model.night.runs import read_runs


@click.command("runs")
@click.pass_obj
def runs_command(job: Job) -> None:
    """List the runs, newest run date first, with the gates that were accepted and why.

    Example: mars-batch runs
    """
    runs = read_runs(job.warehouse)
    columns = (
        *("run_date", "run_id", "status", "model_version", "users", "rows", "seconds"),
        "accepted",
    )
    rows = [
        (
            run.run_date,
            run.run_id,
            run.status,
            run.model_version,
            run.counts.get("users"),
            run.counts.get("rows"),
            round(sum(run.durations_s.values()), 1),
            accepted_text(run),
        )
        for run in runs
    ]
    text = table(columns, rows) if rows else "no run yet: start one with mars-batch nightly"
    job.show(text, [asdict(run) for run in runs])
