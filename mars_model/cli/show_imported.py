"""What import shows: rows merged and rejected, broken lines, texts given."""

from collections.abc import Sequence

from mars_model.importing.import_research import ImportedSet
from mars_model.importing.merge import Imported

_SHOWN_CHARACTERS = 60


def tables_text(tables: Sequence[Imported], replaced: Sequence[str] = ()) -> list[str]:
    """What became of each table, why rows were rejected, and where to look at them."""
    lines = []
    for done in tables:
        verb = "in place of all before" if done.table in replaced else "merged"
        lines.append(
            f"{done.source} → {done.table}: {done.n_good:,} rows {verb}, "
            f"{done.n_rejected:,} rejected"
        )
        lines += [f"  {reason}: {n:,} rows" for reason, n in done.rejected.items()]
    if any(done.n_rejected for done in tables):
        lines.append('look at them with: mars-batch sql "select * from rejected_rows"')
    return lines


def set_text(done: ImportedSet) -> list[str]:
    """The same of a research set, with its texts and the first of its broken lines."""
    lines = tables_text(done.tables)
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
