"""mars-batch rollback."""

from dataclasses import asdict

import click

from mars_model.cli.job import Job
from mars_model.night.rollback import RolledBack, roll_back


@click.command("rollback")
@click.option("--to", "run_id", required=True, metavar="RUN", help="A run, as `runs` names it.")
@click.pass_obj
def rollback_command(job: Job, run_id: str) -> None:
    """Let readers see the table recommendations as it was when a run was published.

    All dates are as they were then, by one commit. Runs that were published since are withdrawn;
    rolling back to the last of them undoes it. A `nightly` of a withdrawn date publishes it anew.

    Example: mars-batch rollback --to 2026-11-23-1a2b3c4d
    """
    job.require_writable()
    done = roll_back(job.warehouse, run_id)
    job.show(_text(done), asdict(done))


def _text(done: RolledBack) -> str:
    if not done.changed:
        return f"recommendations is as it was when {done.to} was published: nothing to roll back"
    lines = [f"recommendations is again as it was when {done.to} was published"]
    for what, names in (("withdrawn", done.withdrawn), ("published again", done.back)):
        if names:
            lines.append(f"{what}: {', '.join(names)}")
    if done.undo:
        lines.append(f"undo it with: mars-batch rollback --to {done.undo}")
    return "\n".join(lines)
