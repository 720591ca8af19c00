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
@click.option(
    "--excluded-items",
    metavar="FILE",
    help="Items nobody may get: item_id, reason, excluded_from, excluded_until",
)
@click.option("--user-segments", metavar="FILE", help="Users of a segment: user_id, segment")
@click.option("--segment-items", metavar="FILE", help="Items of a segment: segment, item_id")
@click.pass_obj
def import_command(
    job: Job,
    items: str | None,
    interactions: str | None,
    excluded_items: str | None,
    user_segments: str | None,
    segment_items: str | None,
) -> None:
    """Bring Parquet, CSV or JSON lines into the source tables.

    Items and interactions are merged by key. The other three each replace their table as a
    whole, so that what is no longer in the file ends; a file with a header and no rows empties
    the table. Rows that break the contract go to rejected_rows with a reason; the others go on.

    Example: mars-batch import --items items.csv --interactions events.parquet
    """
    lists = {
        "excluded_items": excluded_items,
        "user_segments": user_segments,
        "segment_items": segment_items,
    }
    named = {table: source for table, source in lists.items() if source is not None}
    if items is None and interactions is None and not named:
        raise click.UsageError(
            "name a file: --items, --interactions, --excluded-items, --user-segments or "
            "--segment-items FILE"
        )
    imported = import_files(job.warehouse, job.settings, items, interactions, named)
    lines = []
    for done in imported:
        verb = "in place of all before" if done.table in named else "merged"
        lines.append(
            f"{done.source} → {done.table}: {done.n_good:,} rows {verb}, "
            f"{done.n_rejected:,} rejected"
        )
        lines += [f"  {reason}: {n:,} rows" for reason, n in done.rejected.items()]
    if any(done.n_rejected for done in imported):
        lines.append('look at them with: mars-batch sql "select * from rejected_rows"')
    job.show("\n".join(lines), [asdict(done) for done in imported])
