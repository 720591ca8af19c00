"""mars-batch doctor."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click

from mars_model import prerequisites
from mars_model.causes import cause_of
from mars_model.cli.job import Job
from mars_model.errors import MarsBatchError
from mars_model.redact import redact
from mars_model.resources import sql_files
from mars_model.tables import class_archive
from mars_model.tables.check_environment import unwritable
from mars_model.tables.contracts import OPTIONAL_SOURCES
from mars_model.tables.environment import prepare_environment

_GIB = 2**30
_LEAST_FREE_GIB = 2


@dataclass(frozen=True)
class Findings:
    """What was found; people see a fact as soon as it is known."""

    job: Job
    facts: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, fact: str) -> None:
        """Note a fact, and show it."""
        self.facts.append(fact)
        if not self.job.is_json:
            click.echo(redact(fact, self.job.secrets))


@click.command("doctor")
@click.pass_obj
def doctor_command(job: Job) -> None:
    """Check Java, Python, jars, disk, tables and the bundle in use; say what to do.

    Example: mars-batch doctor
    """
    found = Findings(job)
    has_spark = _installation(found)
    with _noting(found):
        _disk(job, found)
    if job.warehouse.is_local:
        with _noting(found):
            _tables(job, found)
    with _noting(found):
        _bundle(job, found)
    # Last: all above is said in a second, and a session takes many.
    if has_spark and _spark(job, found) and not job.warehouse.is_local:
        _tables(job, found)
    facts, problems = (
        [redact(line, job.secrets) for line in lines] for lines in (found.facts, found.problems)
    )
    result = {"facts": facts, "problems": problems}
    if problems:
        if not job.is_json:
            click.echo("\n".join(f"PROBLEM {problem}" for problem in problems))
        raise MarsBatchError(f"doctor found {len(problems)} problem(s), listed above", result)
    if job.is_json:
        job.show("", result)


@contextmanager
def _noting(found: Findings) -> Iterator[None]:
    """Go on behind a check that cannot be made, with the reason among the problems."""
    try:
        yield
    except (MarsBatchError, OSError) as error:
        found.problems.append(cause_of(error) or str(error))


def _installation(found: Findings) -> bool:
    """Whether all is there that Spark needs to start."""
    problems = prepare_environment()
    found.problems.extend(problems)
    found.add(f"Python {sys.version_info.major}.{sys.version_info.minor}")
    if not any("Java" in problem for problem in problems):
        found.add(f"Java {prerequisites.java_version()} at {prerequisites.java_command()}")
    if not problems:
        _class_archive(found)
    return not problems


def _class_archive(found: Findings) -> None:
    """Whether there is one, and Java is told of it; whether it fits Java alone knows."""
    archive = class_archive.find_archive()
    if archive is None:
        found.add("class archive: none (mars-batch setup --class-archive makes one)")
    elif reason := class_archive.why_not_used():
        found.add(f"class archive: not used, since {reason}")
    else:
        found.add(f"class archive: {archive.stat().st_size / 1e6:.0f} MB, in {archive.parent}")


def _disk(job: Job, found: Findings) -> None:
    if job.settings.warehouse.is_remote:
        return
    path = Path(job.settings.warehouse.path)
    if reason := unwritable(path):
        found.problems.append(f"warehouse {path}: cannot be written ({reason})")
    existing = next(p for p in [path, *path.absolute().parents] if p.exists())
    free = shutil.disk_usage(existing).free / _GIB
    if free < _LEAST_FREE_GIB:
        found.problems.append(f"only {free:.1f} GiB free at {existing}: make room")
    found.add(f"disk: {free:.1f} GiB free at {existing}")


def _tables(job: Job, found: Findings) -> None:
    for path in sql_files("tables"):
        table = path.stem
        if not job.warehouse.exists(table):
            when = ", optional" if table in OPTIONAL_SOURCES else " yet"
            found.add(f"table {table}: not there{when}")
            continue
        try:
            version = job.warehouse.check(table)
            found.add(f"table {table}: version {version}, keeps its contract")
        except MarsBatchError as error:
            found.problems.append(str(error))
            found.add(f"table {table}: breaks its contract")


def _bundle(job: Job, found: Findings) -> None:
    try:
        if job.registry.promoted_version() is None:
            found.add("bundle: none in use yet, train one with mars-batch train")
            return
        bundle = job.registry.promoted()
        found.add(f"bundle: {bundle.model_version}, all files verified")
    except MarsBatchError as error:
        found.problems.append(str(error))
        found.add("bundle: damaged")


def _spark(job: Job, found: Findings) -> bool:
    """Whether a session starts, with Delta's settings."""
    try:
        found.add(f"Spark {job.warehouse.spark.version}: starts")
    except MarsBatchError as error:
        found.problems.append(str(error))
        found.add("Spark: does not start")
        return False
    return True
