"""mars-batch import."""

import dataclasses
from dataclasses import asdict
from pathlib import Path

import click

from mars_model.cli.job import Job
from mars_model.cli.show_imported import set_text, tables_text
from mars_model.importing.import_files import ImportOptions, import_files
from mars_model.importing.import_research import import_research_set
from mars_model.sources.research import FORMATS


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
@click.option(
    "--format", "kind", type=click.Choice(FORMATS), help="A research set, in the files of --from"
)
@click.option(
    "--from",
    "paths",
    metavar="PATH",
    multiple=True,
    type=click.Path(path_type=Path),
    help="The set's folder, or one of its files; may be given several times",
)
@click.option("--texts", metavar="FILE", help="Texts for the set's items: item_id, text")
@click.option("--encoding", metavar="NAME", help="Of CSV and JSON lines; utf-8 without it")
@click.option("--dry-run", is_flag=True, help="Check all, show what would be read, write nothing")
@click.option("--replace", is_flag=True, help="Remove items that the file of items does not name")
@click.pass_obj
def import_command(
    job: Job,
    /,
    kind: str | None,
    paths: tuple[Path, ...],
    texts: str | None,
    encoding: str | None,
    dry_run: bool,
    replace: bool,
    **files: str | None,
) -> None:
    """Bring Parquet, CSV or JSON lines, or a research set, into the source tables.

    Items and interactions are merged by key; a column that a file does not have stays as it is in
    the table. The other three each replace their table as a whole, so that what is no longer in
    the file ends; a file with a header and no rows empties the table. All files are checked before
    any table changes. Rows that break the contract go to rejected_rows with a reason; the others
    go on. What became of every column is shown (docs/inputs.md).
    With --format, a set is read as its makers publish it (docs/research_data.md).

    Example: mars-batch import --items items.csv --interactions events.parquet

    Example: mars-batch import --format movielens --from ml-1m --texts plots.csv
    """
    named = {table: file for table, file in files.items() if file is not None}
    items, interactions = named.pop("items", None), named.pop("interactions", None)
    has_files = bool(items or interactions or named)
    if replace and not items:
        raise click.UsageError("--replace removes items that --items FILE does not name: name it")
    if encoding:
        job = dataclasses.replace(job, overrides=(*job.overrides, f"sources.encoding={encoding}"))
    if not dry_run:
        job.require_writable()
    if kind or paths or texts:
        if has_files or not (kind and paths):
            raise click.UsageError(
                "a research set takes --format NAME and --from PATH, with --texts FILE or not, "
                "and no other file in the same command"
            )
        done = import_research_set(
            job.warehouse, job.settings, kind, paths, texts, job.say, dry_run
        )
        job.show("\n".join(set_text(done, job.settings.warehouse.path)), asdict(done))
        return
    if not has_files:
        raise click.UsageError(
            "name a file: --items, --interactions, --excluded-items, --user-segments or "
            "--segment-items FILE; or a research set: --format NAME --from PATH"
        )
    options = ImportOptions(dry_run, replace, job.say)
    imported = import_files(job.warehouse, job.settings, items, interactions, named, options)
    told = tables_text(imported, job.settings.warehouse.path)
    job.show("\n".join(told), [asdict(done) for done in imported])
