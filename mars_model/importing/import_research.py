"""Runs import of a research set: its files → Parquet in a temporary folder → source tables."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.errors import InputDataError, SettingsError
from mars_model.importing.check_file import Source
from mars_model.importing.import_files import ImportOptions, merge_named
from mars_model.importing.imported import Imported
from mars_model.importing.sources import INTERACTIONS, ITEMS
from mars_model.importing.write_rows import refuse_to_mix
from mars_model.settings import Settings
from mars_model.sources.clean_columns import clean_id_column
from mars_model.sources.files import read_file, readable
from mars_model.sources.name_rows import Named, name_rows
from mars_model.sources.readings import as_text
from mars_model.sources.research import choose_set, write_set
from mars_model.sources.research.write_records import BrokenLines
from mars_model.sources.text_tables import CORRUPT
from mars_model.tables.warehouse import Warehouse


@dataclass(frozen=True)
class TextsGiven:
    """What became of a file of texts, in lines."""

    source: str
    n_lines: int
    n_without: int  # cannot be parsed, or have no id or no text
    n_of_items: int  # name an item of the set


@dataclass(frozen=True)
class ImportedSet:
    """What became of a research set."""

    tables: list[Imported]
    broken_lines: BrokenLines
    texts: TextsGiven | None


def import_research_set(
    warehouse: Warehouse,
    settings: Settings,
    kind: str,
    paths: Sequence[Path],
    texts: str | None,
    say: Callable[[str], None],
    is_dry_run: bool = False,
) -> ImportedSet:
    """Merge a set's items and interactions by key; broken lines go to rejected_rows.

    Files are read one line at a time, and their rows lie in the system's temporary folder until
    they are merged. Raises InputDataError where files are missing, a table would get no good row,
    or no text given is of an item of the set, and SettingsError where a minimum rating is set for
    a set without ratings.
    """
    refuse_to_mix(warehouse)
    chosen = choose_set(kind, paths)
    if not chosen.has_ratings and settings.likes.min_rating is not None:
        raise SettingsError(
            f"settings: 'likes.min_rating' is {settings.likes.min_rating:g}, but sets of format "
            f"{kind} have no ratings, every entry is a like. Leave it out"
        )
    with tempfile.TemporaryDirectory(prefix="mars-import-") as folder:
        # First, for a mistake in it should not wait for the set to be read.
        lines = None if texts is None else _read_texts(warehouse, settings, texts, Path(folder))
        written = write_set(chosen, Path(folder), say)
        items = _named(warehouse, settings, str(written.items), chosen.items.source, ITEMS)
        given = None if lines is None else _count(lines, items.rows, str(texts), kind)
        with_given = with_texts(items.rows, None if lines is None else texts_of_lines(lines))
        events = _named(
            warehouse, settings, str(written.interactions), chosen.interactions.source, INTERACTIONS
        )
        named = {"items": items.with_rows(with_given), "interactions": events}
        tables = merge_named(warehouse, settings, named, ImportOptions(is_dry_run, say=say))
    return ImportedSet(tables, written.broken, given)


def _named(
    warehouse: Warehouse, settings: Settings, written: str, source: str, table: Source
) -> Named:
    """A set's rows as they were written, with our names; `source` is what messages call them."""
    extra = table.extra_columns(settings)
    read = replace(read_file(warehouse.spark, written, Path(written + "-link")), source=source)
    # Genres become the text where a set has none, kept or not.
    genres = ("genres",) if table is ITEMS else ()
    ours = dict.fromkeys((*table.columns, *extra, *genres))
    return name_rows(read, tuple(ours), {}, (*table.required, *extra), f"sources.{table.names}")


def texts_of_lines(rows: DataFrame) -> DataFrame:
    """One row per line in, one row per line that has both out: `item_id, given_text`, strings."""
    if CORRUPT in rows.columns:
        rows = rows.where(F.col(CORRUPT).isNull())
    named = [
        clean_id_column(as_text(rows, "item_id")).alias("item_id"),
        F.trim(as_text(rows, "text")).alias("given_text"),
    ]
    return rows.select(*named).where("item_id != '' and given_text != ''")


def with_texts(items: DataFrame, texts: DataFrame | None) -> DataFrame:
    """One row per item in and out; `text` is the one given, else the set's, else the genres.

    Of several texts given for an item the last in the order of the alphabet stays.
    """
    genres = F.translate("genres", "|", " ")
    if texts is None:
        return items.withColumn("text", F.coalesce("text", genres))
    last = texts.groupBy("item_id").agg(F.max("given_text").alias("given_text"))
    joined = items.join(last, "item_id", "left")
    return joined.withColumn("text", F.coalesce("given_text", "text", genres)).drop("given_text")


def _read_texts(warehouse: Warehouse, settings: Settings, texts: str, folder: Path) -> DataFrame:
    renamed = settings.sources.item_columns
    names = {ours: theirs for ours, theirs in renamed.items() if ours in ("item_id", "text")}
    read = read_file(warehouse.spark, texts, folder / "texts", settings.sources.encoding)
    both = ("item_id", "text")
    return name_rows(read, both, names, both, "sources.item_columns").rows


def _count(lines: DataFrame, items: DataFrame, source: str, kind: str) -> TextsGiven:
    with readable(source):  # the first action: a file may break far behind its start
        # Spark prunes what a count does not need, a line's soundness too, unless it is held.
        n_lines = lines.persist().count()
    try:
        good = texts_of_lines(lines)
        n_good = good.count()
        n_of_items = good.join(items, "item_id", "left_semi").count()
    finally:
        lines.unpersist()
    if not n_of_items:
        some = [str(row["item_id"]) for row in items.where("item_id is not null").head(3)]
        raise InputDataError(
            f"file {source}: none of its {n_good:,} texts is of an item of this {kind} set, whose "
            f"item_id are such as {', '.join(some) or 'none'}"
        )
    return TextsGiven(source, n_lines, n_lines - n_good, n_of_items)
