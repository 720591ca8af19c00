"""Runs the checks over what readers see now."""

from pyspark.sql import functions as F

from mars_model.errors import InputDataError
from mars_model.night.audit import Failure, run_checks
from mars_model.night.publish import PUBLISHED_TABLE
from mars_model.night.runs import PUBLISHED, Run, read_runs
from mars_model.tables.warehouse import Warehouse


def check_published(warehouse: Warehouse) -> tuple[Run, list[Failure]]:
    """The last published run and what sql/checks find in it, with its inputs as it read them."""
    published = [run for run in read_runs(warehouse) if run.status == PUBLISHED]
    if not published:
        raise InputDataError(
            f"warehouse {warehouse.path}: no night was published yet. Run: mars-batch nightly"
        )
    run = published[0]
    of_run = F.col("run_id") == run.run_id
    rows = warehouse.read(PUBLISHED_TABLE).where(of_run)
    unserved = warehouse.read("unserved_users").where(of_run)
    return run, run_checks(warehouse, run, rows, unserved)
