"""mars-batch sql."""

from pathlib import Path

import click

from mars_model.cli.arguments import QueryCommand
from mars_model.cli.job import Job
from mars_model.cli.show import SYNTHETIC_NOTE, table
from mars_model.errors import AuditFailedError, InputDataError, SettingsError
from mars_model.night.check_published import AS_RECORDED, check_published
from mars_model.night.checks import check_names
from mars_model.resources import sql_files
from mars_model.tables.queries import Answer, UnknownNameError, answer, require_reading
from mars_model.tables.views import register_views


@click.command("sql", cls=QueryCommand)
@click.argument("query", required=False)
@click.option("--file", "path", type=click.Path(path_type=Path), help="A file with one query.")
@click.option("--example", metavar="NAME", help="A query of sql/examples, by its file's name.")
@click.option("--checks", is_flag=True, help="All checks of sql/checks over the last night.")
@click.option("--max-rows", default=100, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--write", "may_write", is_flag=True, help="Let the statement change something.")
@click.pass_obj
def sql_command(
    job: Job,
    query: str | None,
    path: Path | None,
    example: str | None,
    checks: bool,
    max_rows: int,
    may_write: bool,
) -> None:
    """Run a query over the warehouse, with all tables and views by their names.

    Without a query it lists them, and the examples. A statement that does more than read (delete,
    insert, merge, optimize, set …) is refused before it runs, unless --write is given.

    Example: mars-batch sql "select * from recommendation_reasons limit 5"
    """
    if sum((query is not None, path is not None, example is not None, checks)) > 1:
        raise click.UsageError("name one of QUERY, --file, --example and --checks")
    if path is not None:
        query = _read(path)
    if example is not None:
        query = _example(example)
    if query is not None and not may_write:
        require_reading(job.warehouse.spark, query)
    names = register_views(job.warehouse)
    if checks:
        _run_checks(job)
        return
    if query is None:
        examples = [file.stem for file in sql_files("examples")]
        text = f"tables and views: {', '.join(names) or 'none yet'}\n"
        job.show(
            text + f"examples (--example NAME): {', '.join(examples)}",
            {"tables": names, "examples": examples},
        )
        return
    try:
        found = answer(job.warehouse.spark, query, max_rows + 1)
    except UnknownNameError as error:
        raise SettingsError(
            f"{error} Tables and views here: {', '.join(names) or 'none yet'}"
        ) from error
    _show(job, found, max_rows)


def _show(job: Job, found: Answer, max_rows: int) -> None:
    shown = found.rows[:max_rows]
    twice = sorted({name for name in found.columns if found.columns.count(name) > 1})
    if job.is_json and twice:
        raise SettingsError(
            f"query: several columns are called {', '.join(twice)}, and a JSON object holds one of "
            "a name: name them apart with AS"
        )
    text = table(found.columns, shown)
    text += f"\n{len(shown)} rows"
    text += ", more with --max-rows" if len(found.rows) > max_rows else ""
    if job.warehouse.is_synthetic():
        text += f" {SYNTHETIC_NOTE}"
    job.show(text, [dict(zip(found.columns, row, strict=True)) for row in shown])


def _run_checks(job: Job) -> None:
    run, failures = check_published(job.warehouse)
    if failures:
        raise AuditFailedError(
            f"run {run.run_id}: "
            + "; ".join(f"{f.name}: {f.n_rows} offending rows, {f.detail}" for f in failures),
            {"run_id": run.run_id, "checks": {f.name: f.n_rows for f in failures}},
        )
    names = [*check_names(), AS_RECORDED]
    job.show(
        f"run {run.run_id}: no offending rows in {len(names)} checks: {', '.join(names)}",
        {"run_id": run.run_id, "checks": {name: 0 for name in names}},
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputDataError(f"file {path}: cannot be read as text ({error})") from error


def _example(name: str) -> str:
    examples = {file.stem: file for file in sql_files("examples")}
    if name not in examples:
        raise click.UsageError(f"--example {name}: expected one of {', '.join(examples)}")
    return _read(examples[name])
