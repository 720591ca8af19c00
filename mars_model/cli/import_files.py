"""mars-batch import."""

from dataclasses import asdict

import click

from mars_model.cli.job import Job
from mars_model.runners.importing import import_files


@click.command("import")
@click.option("--items", metavar="FILE", help="Items: item_id, title, text, …")
@click.option(
    "--interactions", metavar="FILE", help="Events: user_id, item_id, rating, interacted_at"
)
@click.pass_obj
def import_command(job: Job, items: str | None, interactions: str | None) -> None:
    """Merge Parquet, CSV or JSON lines into the source tables, by key.

    Rows that break the contract go to rejected_rows with a reason; the others go on.

    Example: mars-batch import --items items.csv --interactions events.parquet
    """
    if items is None and interactions is None:
        raise click.UsageError("name --items FILE, --interactions FILE or both")
    imported = import_files(job.warehouse, job.settings, items, interactions)
    lines = []
    for done in imported:
        lines.append(
            f"{done.source} → {done.table}: {done.n_good:,} rows merged, "
            f"{done.n_rejected:,} rejected"
        )
        lines += [f"  {reason}: {n:,} rows" for reason, n in done.rejected.items()]
    if any(done.n_rejected for done in imported):
        lines.append('look at them with: mars-batch sql "select * from rejected_rows"')
    job.show("\n".join(lines), [asdict(done) for done in imported])
