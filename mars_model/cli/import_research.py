"""mars-batch import --format: what it shows of a research set."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from mars_model.cli.job import Job
from mars_model.runners.importing_research import ImportedSet, TextsGiven, import_research_set
from mars_model.runners.merging import Imported

_SHOWN_CHARACTERS = 60


def import_and_show(job: Job, kind: str, paths: Sequence[Path], texts: str | None) -> None:
    """Import a set and show its tables, its broken lines and what became of the texts."""
    done = import_research_set(job.warehouse, job.settings, kind, paths, texts, job.say)
    lines = [line for table in done.tables for line in table_lines(table, "merged")]
    lines += _texts_lines(done.texts) + _broken_lines(done)
    job.show("\n".join(lines + rejected_hint(done.tables)), asdict(done))


def table_lines(done: Imported, verb: str) -> list[str]:
    """What became of one table, and why rows were rejected."""
    first = (
        f"{done.source} → {done.table}: {done.n_good:,} rows {verb}, {done.n_rejected:,} rejected"
    )
    return [first, *(f"  {reason}: {n:,} rows" for reason, n in done.rejected.items())]


def rejected_hint(tables: Sequence[Imported]) -> list[str]:
    """Where to look at what was rejected, if anything was."""
    if not any(done.n_rejected for done in tables):
        return []
    return ['look at them with: mars-batch sql "select * from rejected_rows"']


def _texts_lines(texts: TextsGiven | None) -> list[str]:
    if texts is None:
        return []
    return [
        f"{texts.source}: {texts.n_lines:,} lines, {texts.n_of_items:,} with a text of an item of "
        f"the set, {texts.n_without:,} without an id or a text"
    ]


def _broken_lines(done: ImportedSet) -> list[str]:
    if not done.broken_lines.n:
        return []
    shown = [
        # repr: what stands in a broken line must not reach the terminal as it is
        f"  {each.file} line {each.line:,}: {each.reason}: {each.text[:_SHOWN_CHARACTERS]!r}"
        for each in done.broken_lines.examples
    ]
    return [f"{done.broken_lines.n:,} broken lines, the first {len(shown)}:", *shown]
