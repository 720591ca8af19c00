"""Which earlier night an incremental night may stand on, or why none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.errors import InputDataError
from mars_model.night import runs
from mars_model.night.inputs import Inputs, read_inputs
from mars_model.night.publish import PUBLISHED_TABLE
from mars_model.night.runs import Run
from mars_model.tables.warehouse import Warehouse


@dataclass(frozen=True)
class Basis:
    """A published night: what it read, and the lists as its own commit wrote them."""

    run: Run
    inputs: Inputs
    rows: DataFrame


def find_basis(
    warehouse: Warehouse,
    earlier: Sequence[Run],
    run_date: date,
    model_version: str,
    shaping: dict[str, Any],
) -> Basis | str:
    """The last published of the runs so far, where its lists follow the same rules; else why not.

    `shaping` are the settings of the night to come: a run's name is a hash that covers them.
    """
    published = [run for run in earlier if run.status == runs.PUBLISHED]
    if not published:
        return "no night was published before"
    last = published[0]
    if last.run_date >= run_date:
        return f"the last published night is that of {last.run_date}"
    if last.model_version != model_version:
        return f"the last published night was made by {last.model_version}"
    same_name = runs.name_run(last.run_date, model_version, last.input_versions, shaping)
    if same_name != last.run_id:
        return f"run {last.run_id} had other settings of scoring, likes or audit"
    commits = warehouse.commit_notes(PUBLISHED_TABLE)
    version = next((v for v, note in commits if note.get("run_id") == last.run_id), None)
    if version is None:
        return f"{PUBLISHED_TABLE}: the commit of run {last.run_id} is not in its log any more"
    try:
        inputs = read_inputs(warehouse, last.input_versions, model_version, last.run_date)
        rows = warehouse.read(PUBLISHED_TABLE, version)
    except InputDataError as error:
        return str(error)
    rows = rows.where(
        (F.col("run_date") == F.lit(last.run_date)) & (F.col("run_id") == last.run_id)
    )
    if lost := warehouse.lost_files([rows, *inputs.frames()]):
        return f"of what run {last.run_id} read or wrote, {len(lost)} files are gone ({lost[0]})"
    return Basis(last, inputs, rows)
