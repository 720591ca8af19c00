"""Runs import: files → source tables, by key or as a whole; all are checked, then all written."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from mars_model.features.eligibility import require_one_segment
from mars_model.importing.check_file import Checked, checked_rows, read_named
from mars_model.importing.imported import Imported
from mars_model.importing.sources import SOURCES
from mars_model.importing.write_rows import (
    count_not_in_file,
    find_unknown,
    imported,
    refuse_to_mix,
    require_good_rows,
    write_rows,
)
from mars_model.settings import Settings
from mars_model.sources.look import Looked, look_at
from mars_model.sources.name_rows import Named
from mars_model.tables.contracts import IdTypes
from mars_model.tables.session import compiled_plans
from mars_model.tables.warehouse import Warehouse

# From about so many bytes on, an import is quicker with compiled plans (docs/performance.md).
_LARGE_BYTES = 4 << 20


@dataclass(frozen=True)
class ImportOptions:
    """How files are imported.

    `is_dry_run`: all is read and checked, and nothing written. `is_full_export`: the file of items
    holds all of them, so those that it does not name are removed.
    """

    is_dry_run: bool = False
    is_full_export: bool = False
    say: Callable[[str], None] = lambda line: None


def import_files(
    warehouse: Warehouse,
    settings: Settings,
    items: str | None,
    interactions: str | None,
    lists: Mapping[str, str] | None = None,
    options: ImportOptions = ImportOptions(),
) -> list[Imported]:
    """Merge items and interactions by key; replace each optional table of `lists` by its file.

    Raises InputDataError where a file cannot be read or none of its rows is good, and where the
    warehouse holds the generated sample; then no table has changed.
    """
    if items or interactions:
        refuse_to_mix(warehouse)
    return merge_files(warehouse, settings, items, interactions, lists, options)


def merge_files(
    warehouse: Warehouse,
    settings: Settings,
    items: str | None,
    interactions: str | None,
    lists: Mapping[str, str] | None = None,
    options: ImportOptions = ImportOptions(),
) -> list[Imported]:
    """`import_files` without its guard against mixing."""
    paths = {"items": items, "interactions": interactions, **(lists or {})}
    with tempfile.TemporaryDirectory(prefix="mars-import-") as folder:
        named = {
            source.table: read_named(
                warehouse, settings, source, path, Path(folder) / source.table, options.say
            )
            for source in SOURCES
            if (path := paths.get(source.table)) is not None
        }
        return merge_named(warehouse, settings, named, options)


def merge_named(
    warehouse: Warehouse, settings: Settings, named: Mapping[str, Named], options: ImportOptions
) -> list[Imported]:
    """Rows with our names, by table, into their tables: all are checked, then all are written."""
    with ExitStack() as stack:
        if any(rows.n_bytes is None or rows.n_bytes >= _LARGE_BYTES for rows in named.values()):
            stack.enter_context(compiled_plans(warehouse.spark))
        checked = _check_all(warehouse, settings, named, stack, keeps_bad=not options.is_dry_run)
        events, items = checked.get("interactions"), checked.get("items")
        unknown = find_unknown(warehouse, events, items) if events else None
        n_not_in_file = count_not_in_file(warehouse, items) if items else None
        done = []
        for table, rows in checked.items():
            is_full = options.is_full_export and table == "items"
            changes = None if options.is_dry_run else write_rows(warehouse, rows, is_full)
            done.append(
                imported(
                    rows,
                    changes,
                    n_not_in_file if table == "items" else None,
                    unknown if table == "interactions" else None,
                    options.is_dry_run,
                )
            )
        return done


def _check_all(
    warehouse: Warehouse,
    settings: Settings,
    named: Mapping[str, Named],
    stack: ExitStack,
    keeps_bad: bool,
) -> dict[str, Checked]:
    """Every file's rows, judged; held until `stack` is left."""
    looked = {table: look_at(rows) for table, rows in named.items()}
    kept = _id_types(warehouse, looked)
    checked = {}
    for source in SOURCES:
        if (rows := looked.get(source.table)) is None:
            continue
        extra = source.extra_columns(settings)
        held = stack.enter_context(checked_rows(source, rows, kept, extra))
        require_good_rows(warehouse, held, keeps_bad)
        if source.table == "user_segments":
            require_one_segment(held.rows.good, f"file {rows.named.source}")
        checked[source.table] = held
    return checked


def _id_types(warehouse: Warehouse, looked: Mapping[str, Looked]) -> IdTypes:
    """Item and user ids as the tables have them, else as loses none of these files' ids."""
    item = _held_type(warehouse, "items", "item_id") or _held_type(
        warehouse, "interactions", "item_id"
    )
    user = _held_type(warehouse, "interactions", "user_id")
    first = [looked[table] for table in ("items", "interactions") if table in looked]
    if not first and (item is None or user is None):
        return warehouse.id_types()  # says which table is missing: lists refer to it
    return IdTypes(item or _natural(first, "item_id"), user or _natural(first, "user_id"))


def _natural(looked: Sequence[Looked], name: str) -> str:
    types = {rows.ids[name].natural_type for rows in looked if name in rows.ids}
    return "bigint" if types == {"bigint"} else "string"


def _held_type(warehouse: Warehouse, table: str, column: str) -> str | None:
    if not warehouse.exists(table):
        return None
    return warehouse.pin_table(table).schema[column].dataType.simpleString()
