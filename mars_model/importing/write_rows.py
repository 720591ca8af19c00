"""Checked rows into the source tables, by key; bad rows into rejected_rows."""

import hashlib
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.errors import InputDataError
from mars_model.importing.check_file import Checked
from mars_model.importing.imported import Changes, Imported, Unknown
from mars_model.tables.sql_names import column, is_word
from mars_model.tables.warehouse import Warehouse

_N_EXAMPLES = 3


def refuse_to_mix(warehouse: Warehouse) -> None:
    """Raise InputDataError where the warehouse holds the generated sample."""
    if warehouse.is_synthetic():
        raise InputDataError(
            f"warehouse {warehouse.path}: holds the synthetic sample of `mars-batch demo`, and "
            "real rows must not mix with it. Choose another folder with --warehouse, or delete "
            "this one"
        )


def require_good_rows(warehouse: Warehouse, checked: Checked, keeps_bad: bool) -> None:
    """Raise InputDataError where no row is good; with `keeps_bad` they can be looked at then.

    Of a table that a file replaces as a whole, a file without rows is none of these.
    """
    if checked.n_good or not (checked.rejected or checked.source.key):
        return
    if keeps_bad:
        keep_rejected(warehouse, checked)
    reasons = "; ".join(
        f"{reason}: {r.n} rows, such as {r.example}" for reason, r in checked.rejected.items()
    )
    raise InputDataError(
        f"file {checked.named.source}: none of its rows keeps the contract of "
        f"{checked.source.table} ({reasons or 'it is empty'})"
        + (". See the table rejected_rows" if keeps_bad and checked.rejected else "")
    )


def keep_rejected(warehouse: Warehouse, checked: Checked) -> None:
    """The bad rows into rejected_rows, in place of those of an earlier import of the file."""
    source = checked.named.source
    run_id = "import-" + hashlib.sha256(source.encode()).hexdigest()[:8]
    if checked.rejected or warehouse.exists("rejected_rows"):
        warehouse.create("rejected_rows", checked.ids)
        warehouse.overwrite(
            "rejected_rows",
            checked.rows.rejected.withColumns({"run_id": F.lit(run_id), "source": F.lit(source)}),
            where=is_word("run_id", run_id),
        )


def write_rows(warehouse: Warehouse, checked: Checked, is_full_export: bool) -> Changes | None:
    """The good rows into their table; columns that the file does not have stay as they are.

    With `is_full_export`, rows whose key the file does not have are removed.
    """
    keep_rejected(warehouse, checked)
    table, key, good = checked.source.table, checked.source.key, checked.rows.good
    warehouse.create(table, checked.ids)
    if key is None:
        warehouse.overwrite(table, good)
        return None
    given = good.select(*map(column, dict.fromkeys((*key, *checked.given))))
    changed = warehouse.merge(table, given, key, is_full_export)
    n_same = checked.n_good - changed.n_inserted - changed.n_updated
    return Changes(changed.n_inserted, changed.n_updated, n_same, changed.n_deleted)


def count_not_in_file(warehouse: Warehouse, checked: Checked) -> int:
    """Items of the table that the file does not name."""
    if not warehouse.exists("items"):
        return 0
    held = warehouse.read("items").select("item_id")
    return held.join(checked.rows.good.select("item_id"), "item_id", "left_anti").count()


def find_unknown(warehouse: Warehouse, events: Checked, items: Checked | None) -> Unknown | None:
    """Items of events that neither the table `items` nor the file of items knows."""
    known: list[DataFrame] = [] if items is None else [items.rows.good.select("item_id")]
    if warehouse.exists("items"):
        known.append(warehouse.read("items").select("item_id"))
    strange = events.rows.good.groupBy("item_id").count()
    if known:
        strange = strange.join(reduce(DataFrame.unionAll, known), "item_id", "left_anti")
    counted = strange.agg(F.count("*").alias("n_items"), F.sum("count").alias("n_events")).first()
    if counted is None or not counted["n_items"]:
        return None
    examples = tuple(str(row["item_id"]) for row in strange.orderBy("item_id").take(_N_EXAMPLES))
    return Unknown(int(counted["n_items"]), int(counted["n_events"]), examples)


def imported(
    checked: Checked,
    changes: Changes | None,
    n_not_in_file: int | None,
    unknown: Unknown | None,
    is_dry_run: bool,
) -> Imported:
    """What became of a file."""
    return Imported(
        checked.named.source,
        checked.source.table,
        checked.named.columns,
        checked.rows.announced,
        checked.named.notes,
        checked.n_good,
        checked.rejected,
        changes,
        n_not_in_file,
        unknown,
        checked.first_rows() if is_dry_run else [],
    )
