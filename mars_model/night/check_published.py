"""Runs the checks over what readers see now."""

from pyspark.sql import functions as F

from mars_model.errors import InputDataError
from mars_model.night.audited import items_view, published_view, rows_view
from mars_model.night.checks import Failure, describe, look_at_items, look_at_users
from mars_model.night.publish import UNSERVED_TABLE
from mars_model.night.published_rows import what_differs
from mars_model.night.runs import PUBLISHED, PUBLISHED_TABLE, Run, read_runs
from mars_model.tables.warehouse import Warehouse

# The check that is no file of sql/checks.
AS_RECORDED = "rows_as_recorded"


def check_published(warehouse: Warehouse) -> tuple[Run, list[Failure]]:
    """The last published run and what sql/checks find in it, with its inputs as it read them.

    Rows that are not those of its record are found too.
    """
    published = [run for run in read_runs(warehouse) if run.status == PUBLISHED]
    if not published:
        raise InputDataError(
            f"warehouse {warehouse.path}: no night was published yet. Run: mars-batch nightly"
        )
    run = published[0]
    of_run = F.col("run_id") == run.run_id
    rows = warehouse.read(PUBLISHED_TABLE).where(of_run)
    unserved = warehouse.read(UNSERVED_TABLE).where(of_run)
    versions = run.input_versions
    users = published_view(warehouse, versions, rows, unserved, run.top_n).persist()
    items = items_view(warehouse, versions, users, run.run_date)
    n_offending = look_at_users(users).n_offending | look_at_items(items).n_offending
    failures = describe(n_offending, users, rows_view(users), items)
    users.unpersist()
    if differs := what_differs(warehouse, run):
        failures.append(Failure(AS_RECORDED, run.counts.get("rows", 0), differs))
    return run, failures
