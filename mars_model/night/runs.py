"""The record of every run. The commit in `recommendations` is the truth, this follows it."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from pyspark.sql import Row
from pyspark.sql import functions as F

from mars_model.tables.warehouse import Warehouse

STAGED = "staged"
PUBLISHED = "published"
SUPERSEDED = "superseded"
AUDIT_FAILED = "audit_failed"
INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Run:
    """One row of recommendation_runs."""

    run_id: str
    run_date: date
    model_version: str
    status: str
    top_n: int
    min_likes: int
    input_versions: dict[str, int]
    counts: dict[str, int] = field(default_factory=dict)
    gates: dict[str, float] = field(default_factory=dict)
    durations_s: dict[str, float] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)

    def with_status(self, status: str, **facts: Any) -> "Run":
        """The same run, further on."""
        return replace(self, status=status, **facts)


def name_run(
    run_date: date, model_version: str, input_versions: dict[str, int], settings: dict[str, Any]
) -> str:
    """`<run_date>-<8 hex>`, from all that shapes rows and audit: the same night, the same name."""
    content = json.dumps([model_version, input_versions, settings], sort_keys=True)
    return f"{run_date.isoformat()}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def record(warehouse: Warehouse, run: Run) -> None:
    """Write or update the run's row."""
    warehouse.create("recommendation_runs")
    schema = warehouse.read("recommendation_runs").schema
    row = Row(**{name: getattr(run, name) for name in schema.names})
    frame = warehouse.spark.createDataFrame([row], schema)
    warehouse.overwrite("recommendation_runs", frame, where=f"run_id = '{run.run_id}'")


def find_run(runs: Iterable[Run], run_id: str) -> Run | None:
    """A run by name."""
    return next((run for run in runs if run.run_id == run_id), None)


def read_runs(warehouse: Warehouse) -> list[Run]:
    """All runs, newest run date first."""
    if not warehouse.exists("recommendation_runs"):
        return []
    rows = warehouse.read("recommendation_runs").orderBy(F.desc("run_date"), "run_id").collect()
    return [Run(**{k: v if v is not None else {} for k, v in r.asDict().items()}) for r in rows]


def record_published(warehouse: Warehouse, run: Run, earlier: Iterable[Run]) -> None:
    """The run is what readers see for its date; one of the `earlier` of that date no longer is."""
    if any(r.run_date == run.run_date and r.run_id != run.run_id for r in earlier):
        warehouse.update(
            "recommendation_runs",
            f"run_date = date'{run.run_date.isoformat()}' and status = '{PUBLISHED}' "
            f"and run_id <> '{run.run_id}'",
            {"status": SUPERSEDED},
        )
    record(warehouse, run.with_status(PUBLISHED))


def repair(warehouse: Warehouse, earlier: Sequence[Run]) -> list[Run]:
    """Settle those of the runs so far that died between staging and their last record.

    Returns them as they are now.

    A run whose commit is its date's newest in `recommendations` was published, whatever its row
    says; one that another run of the date has replaced since is not.
    """
    unsettled = [run for run in earlier if run.status == STAGED]
    if not unsettled:
        return []
    standing: dict[str, str] = {}
    for _, note in warehouse.commit_notes("recommendations"):
        run_id = str(note.get("run_id", ""))
        standing.setdefault(run_id.rpartition("-")[0], run_id)
    repaired = []
    for run in unsettled:
        if standing.get(run.run_date.isoformat()) == run.run_id:
            record_published(warehouse, run, earlier)
            repaired.append(run.with_status(PUBLISHED))
        else:
            repaired.append(run.with_status(INTERRUPTED))
            record(warehouse, repaired[-1])
    return repaired
