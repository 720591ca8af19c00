"""mars-batch doctor."""

import shutil
import sys
from pathlib import Path

import click

from mars_model import prerequisites
from mars_model.cli.job import Job
from mars_model.errors import MarsBatchError
from mars_model.resources import sql_files
from mars_model.tables.contracts import OPTIONAL_SOURCES
from mars_model.tables.jars import has_delta_jars

_GIB = 2**30
_LEAST_FREE_GIB = 2


@click.command("doctor")
@click.pass_obj
def doctor_command(job: Job) -> None:
    """Check Java, Python, jars, disk, tables and the bundle in use; say what to do.

    Example: mars-batch doctor
    """
    problems = [p for p in (prerequisites.python_problem(), prerequisites.java_problem()) if p]
    facts = [
        f"Python {sys.version_info.major}.{sys.version_info.minor}",
        f"Java {prerequisites.java_version()} at {prerequisites.java_command()}",
    ]
    if not has_delta_jars():
        problems.append("Delta's jars are missing: run make setup")
    facts.append(_disk(job, problems))
    if not problems:
        for path in sql_files("tables"):
            facts.append(_table(job, path.stem, problems))
        facts.append(_bundle(job, problems))
    text = "\n".join([*facts, *(f"PROBLEM {p}" for p in problems)])
    job.show(text, {"facts": facts, "problems": problems})
    if problems:
        raise MarsBatchError(f"doctor found {len(problems)} problem(s), listed above")


def _disk(job: Job, problems: list[str]) -> str:
    path = Path(job.settings.warehouse.path)
    existing = next(p for p in [path, *path.absolute().parents] if p.exists())
    free = shutil.disk_usage(existing).free / _GIB
    if free < _LEAST_FREE_GIB:
        problems.append(f"only {free:.1f} GiB free at {existing}: make room")
    return f"disk: {free:.1f} GiB free at {existing}"


def _table(job: Job, table: str, problems: list[str]) -> str:
    if not job.warehouse.exists(table):
        return f"table {table}: not there" + (", optional" if table in OPTIONAL_SOURCES else " yet")
    try:
        version = job.warehouse.version(table)
        job.warehouse.read(table, version)
    except MarsBatchError as error:
        problems.append(str(error))
        return f"table {table}: breaks its contract"
    return f"table {table}: version {version}, keeps its contract"


def _bundle(job: Job, problems: list[str]) -> str:
    if job.registry.promoted_version() is None:
        return "bundle: none in use yet, train one with mars-batch train"
    try:
        bundle = job.registry.promoted()
    except MarsBatchError as error:
        problems.append(str(error))
        return "bundle: damaged"
    return f"bundle: {bundle.model_version}, all files verified"
