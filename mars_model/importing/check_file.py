"""A file checked whole before anything is written: its rows judged, held and counted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.errors import InputDataError
from mars_model.importing.imported import Rejected
from mars_model.settings import Settings
from mars_model.sources.csv_lines import MAX_BROKEN_LINES
from mars_model.sources.files import read_file, readable
from mars_model.sources.ids import HOLDS_CONTROL
from mars_model.sources.look import Looked
from mars_model.sources.name_rows import Named, name_rows
from mars_model.sources.validate import Validated
from mars_model.tables.contracts import IdTypes
from mars_model.tables.warehouse import Warehouse

_EXAMPLE_CHARACTERS = 200
_N_SHOWN = 3


@dataclass(frozen=True)
class Source:
    """A table of the warehouse that files are imported into.

    `names` is the setting of `sources` that renames its columns; without a `key` a file takes the
    place of all that the table held.
    """

    table: str
    columns: tuple[str, ...]
    required: tuple[str, ...]
    names: str
    key: tuple[str, ...] | None
    validate: Callable[[Looked, IdTypes, tuple[str, ...]], Validated]

    def extra_columns(self, settings: Settings) -> tuple[str, ...]:
        """Columns that the settings keep beside the contract's."""
        return settings.sources.extra_item_columns if self.table == "items" else ()


@dataclass(frozen=True)
class Checked:
    """A file's rows with their verdict, held until they are written."""

    source: Source
    named: Named
    rows: Validated
    ids: IdTypes
    n_good: int
    rejected: dict[str, Rejected]

    @property
    def given(self) -> tuple[str, ...]:
        """The table's columns that the file has."""
        return tuple(name for name in self.rows.good.columns if name in self.named.columns.read)

    def first_rows(self) -> list[dict[str, Any]]:
        """A few good rows as they would be written."""
        return [row.asDict() for row in self.rows.good.select(*self.given).take(_N_SHOWN)]


def read_named(
    warehouse: Warehouse,
    settings: Settings,
    source: Source,
    path: str,
    folder: Path,
    say: Callable[[str], None],
) -> Named:
    """A file's rows with our names. Raises InputDataError where it cannot be read or lacks one."""
    extra = source.extra_columns(settings)
    read = read_file(warehouse.spark, path, folder, settings.sources.encoding, say)
    renamed = getattr(settings.sources, source.names)
    ours, required = (*source.columns, *extra), (*source.required, *extra)
    named = name_rows(read, ours, renamed, required, f"sources.{source.names}")
    if source.table == "interactions" and settings.likes.min_rating is not None:
        _require_rating(named, settings.likes.min_rating)
    return named


@contextmanager
def checked_rows(
    source: Source, looked: Looked, kept: IdTypes, extra: tuple[str, ...]
) -> Iterator[Checked]:
    """Judge all rows, once. Raises InputDataError where rows would vanish without being bad."""
    named = looked.named
    with readable(named.source):
        judged = source.validate(looked, kept, extra)
    rows = Validated(judged.judged.persist(), judged.announced)
    try:
        with readable(named.source):  # the first action: a file may break far behind its start
            n_good, rejected = _count(rows.judged, named.source)
        checked = Checked(source, named, rows, kept, n_good, rejected)
        _refuse_lost_times(checked)
        yield checked
    finally:
        rows.judged.unpersist()


def _count(judged: DataFrame, path: str) -> tuple[int, dict[str, Rejected]]:
    line_breaks = F.length("_row_json") - F.length(F.replace("_row_json", F.lit("\\n"), F.lit("_")))
    counted = (
        judged.groupBy("_reason")
        .agg(
            F.count("*").alias("n"),
            F.min(F.substring("_row_json", 1, _EXAMPLE_CHARACTERS)).alias("example"),
            F.max(line_breaks).alias("n_breaks"),
        )
        .collect()
    )
    counted.sort(key=lambda row: row["_reason"] or "")
    for row in counted:
        is_in_id = (row["_reason"] or "").endswith(HOLDS_CONTROL)
        if is_in_id and row["n_breaks"] > MAX_BROKEN_LINES:
            raise InputDataError(
                f"file {path}: a value that should be an id runs over {row['n_breaks'] + 1} lines: "
                f"a quote was opened and never closed. It begins {row['example'][:80]!r}"
            )
    rejected = {
        row["_reason"]: Rejected(int(row["n"]), row["example"]) for row in counted if row["_reason"]
    }
    return sum(int(row["n"]) for row in counted if row["_reason"] is None), rejected


def _refuse_lost_times(checked: Checked) -> None:
    """Events of one pair are repeats only where no column of the file could tell them apart."""
    theirs = checked.named.columns.offers.get("interacted_at")
    n_repeats = sum(r.n for reason, r in checked.rejected.items() if reason.startswith("repeats"))
    if theirs and n_repeats:
        raise InputDataError(
            f"file {checked.named.source}: {n_repeats:,} rows repeat a user and item, and no "
            f"column is read as interacted_at, which would tell them apart. {theirs!r} looks like "
            f"it: --set sources.interaction_columns.interacted_at={theirs}"
        )


def _require_rating(named: Named, min_rating: float) -> None:
    if "rating" not in named.columns.read:
        offered = named.columns.offers.get("rating", "NAME")
        raise InputDataError(
            f"file {named.source}: column 'rating' not found, which likes.min_rating = "
            f"{min_rating:g} needs. Say how it is called there with --set "
            f"sources.interaction_columns.rating={offered}"
        )
