"""mars-batch retain."""

from datetime import UTC, datetime
from typing import Any

import click

from mars_model.cli.job import DAY, Job
from mars_model.cli.show import table
from mars_model.night.retain import Plan, carry_out, plan_retention


@click.command("retain")
@click.option(
    "--days",
    required=True,
    type=click.IntRange(1, 36_500),
    metavar="N",
    help="Nights of so many days before --as-of stay, and so does what their runs read.",
)
@click.option(
    "--as-of",
    type=DAY,
    metavar="DATE",
    help="The day that is counted from; today, UTC, without it.",
)
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Say what would go; remove nothing.")
@click.pass_obj
def retain_command(job: Job, days: int, as_of: datetime | None, is_dry_run: bool) -> None:
    """Expire old nights and remove the files that nothing needs any more.

    The latest published night stays, however old, and so does every version that a night which
    stays has read or published. Sources lose no row, and models are not touched.

    Example: mars-batch retain --days 90 --dry-run

    Example: mars-batch retain --days 90
    """
    now = datetime.now(UTC)
    if not is_dry_run:
        job.require_writable()
    plan = plan_retention(job.warehouse, days, (as_of or now).date(), now)
    if is_dry_run:
        job.show(f"dry run: nothing was removed\n{plan_text(plan)}", as_facts(plan))
        return
    job.say(plan_text(plan))
    carry_out(job.warehouse, plan, job.say)
    n_files = sum(len(one.files) for one in plan.tables)
    n_rows = sum(one.n_rows for one in plan.tables)
    job.show(
        f"done: {n_rows:,} rows of {len(plan.expired)} runs expired, {n_files:,} files removed",
        as_facts(plan),
    )


def plan_text(plan: Plan) -> str:
    """What a retention does, table by table."""
    latest = ", ".join(map(str, plan.kept_dates)) or "none"
    rows = [
        (
            one.table,
            len(one.nights),
            one.n_rows,
            _versions_text(one.versions),
            len(one.files),
            f"{one.n_bytes / 1e6:,.1f} MB",
        )
        for one in plan.tables
    ]
    columns = ("table", "nights to go", "their rows", "old versions kept", "files to go", "size")
    return (
        f"nights before {plan.first_kept} expire, but not the latest published ({latest}): "
        f"{len(plan.expired)} runs\n"
        f"{table(columns, rows)}\n"
        "files of nights that expire now go with a retention as many days later; sources lose no "
        "row, models are not touched"
    )


def as_facts(plan: Plan) -> dict[str, Any]:
    """The plan as JSON."""
    return {
        "first_kept": plan.first_kept,
        "kept_dates": plan.kept_dates,
        "expired_runs": [run.run_id for run in plan.expired],
        "tables": [
            {
                "table": one.table,
                "nights": one.nights,
                "rows": one.n_rows,
                "versions_kept": {str(version): of for version, of in one.versions.items()},
                "files": [file.path for file in one.files],
                "bytes": one.n_bytes,
            }
            for one in plan.tables
        ],
    }


def _versions_text(versions: dict[int, tuple[str, ...]]) -> str:
    """Which versions, and for what; the last three by name."""
    if not versions:
        return ""
    named = [f"{version} for {of[0]}" for version, of in list(versions.items())[-3:]]
    more = f"{len(versions) - 3} more, " if len(versions) > 3 else ""
    return more + ", ".join(named)
