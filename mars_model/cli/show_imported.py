"""What import shows: rows merged and rejected, broken lines, texts given."""

import json
from collections.abc import Sequence

from mars_model.importing.import_research import ImportedSet
from mars_model.importing.imported import Imported
from mars_model.importing.sources import SOURCES

_SHOWN_CHARACTERS = 60


# The settings that rename a table's columns.
_RENAMED_BY = {source.table: source.names for source in SOURCES}


def tables_text(tables: Sequence[Imported], warehouse: str) -> list[str]:
    """What became of each file's columns and rows, and where to look at those rejected."""
    lines = [line for done in tables for line in _table_text(done)]
    if any(done.n_rejected and not done.first_rows for done in tables):
        lines.append(
            f"look at them with: mars-batch --warehouse {warehouse} sql "
            '"select * from rejected_rows"'
        )
    return lines


def _table_text(done: Imported) -> list[str]:
    lines = [f"{done.source} → {done.table}: {_changes(done)}, {done.n_rejected:,} rejected"]
    lines += [f"  {note}" for note in done.notes]
    lines += [f"  {line}" for line in _columns(done)]
    for reason, rejected in done.rejected.items():
        example = repr(rejected.example[:_SHOWN_CHARACTERS])
        lines.append(f"  rejected: {reason}: {rejected.n:,} rows, such as {example}")
    if done.n_not_in_file:
        kept = (
            "" if done.changes and done.changes.n_removed else ", and stay (--replace removes them)"
        )
        lines.append(f"  {done.n_not_in_file:,} items of the table are not in the file{kept}")
    if done.unknown:
        lines.append(
            f"  {done.unknown.n_events:,} events are of {done.unknown.n_items:,} items that the "
            f"table items does not know, such as {', '.join(done.unknown.examples)}"
        )
    lines += [f"  {json.dumps(row, default=str, ensure_ascii=False)}" for row in done.first_rows]
    return lines


def _changes(done: Imported) -> str:
    changes = done.changes
    if done.first_rows or changes is None:
        verb = "good, nothing written" if done.first_rows else "in place of all before"
        return f"{done.n_good:,} rows {verb}"
    removed = f", {changes.n_removed:,} removed" if changes.n_removed else ""
    return (
        f"{changes.n_new:,} rows new, {changes.n_changed:,} changed, {changes.n_same:,} the "
        f"same{removed}"
    )


def _columns(done: Imported) -> list[str]:
    """What became of every column of the file, and which of ours have none."""
    columns = done.columns
    read = [
        (ours if ours == theirs else f"{ours} from {theirs!r}")
        + (f" ({done.read_as[ours]})" if ours in done.read_as else "")
        for ours, theirs in columns.read.items()
    ]
    lines = [f"read: {', '.join(read)}"]
    if columns.unused:
        lines.append(f"not used: {', '.join(map(repr, columns.unused))}")
    for ours in columns.missing:
        offered = columns.offers.get(ours)
        setting = f"sources.{_RENAMED_BY[done.table]}.{ours}={offered}"
        hint = f"; {offered!r} looks like it: --set {setting}" if offered else ""
        lines.append(f"nothing read for: {ours}{hint}")
    return lines


def set_text(done: ImportedSet, warehouse: str) -> list[str]:
    """The same of a research set, with its texts and the first of its broken lines."""
    lines = tables_text(done.tables, warehouse)
    if texts := done.texts:
        lines.append(
            f"{texts.source}: {texts.n_lines:,} lines, {texts.n_of_items:,} with a text of an "
            f"item of the set, {texts.n_without:,} without an id or a text"
        )
    if done.broken_lines.n:
        examples = done.broken_lines.examples
        lines.append(f"{done.broken_lines.n:,} broken lines, the first {len(examples)}:")
        # repr: what stands in a broken line must not reach the terminal as it is
        lines += [
            f"  {each.file} line {each.line:,}: {each.reason}: {each.text[:_SHOWN_CHARACTERS]!r}"
            for each in examples
        ]
    return lines
