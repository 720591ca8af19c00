"""The record of every run: the commit in `recommendations` is the truth, the table follows it."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from datetime import date
from typing import Any, get_origin

from mars_model.night.standing import Standing, standing_by
from mars_model.tables.pin import Commit
from mars_model.tables.sql_names import is_word
from mars_model.tables.warehouse import Warehouse

PUBLISHED_TABLE = "recommendations"
RUNS_TABLE = "recommendation_runs"
PUBLISHED = "published"
SUPERSEDED = "superseded"
WITHDRAWN = "withdrawn"
AUDIT_FAILED = "audit_failed"
EXPIRED = "expired"  # its rows were removed for their age


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
    # What follows is not in the records of earlier releases.
    input_tables: dict[str, str] = field(default_factory=dict)  # by source: which table, which rows
    settings: str | None = None  # all that shape rows and audit, as JSON
    rows_hash: str | None = None  # of the published rows: published_rows.py
    accepted: dict[str, str] = field(default_factory=dict)  # gates that failed, and why not to mind

    def __post_init__(self) -> None:
        """A run's name stands in conditions of SQL: raise MarsBatchError where it is no word."""
        is_word("run_id", self.run_id)

    def with_status(self, status: str, **facts: Any) -> "Run":
        """The same run, further on."""
        return replace(self, status=status, **facts)

    def input_identities(self) -> dict[str, list[Any]]:
        """Which rows of which table every source was, as `TablePin.identity` has it."""
        parts = {table: text.rpartition("@") for table, text in self.input_tables.items()}
        return {table: [of, int(rows)] for table, (of, _, rows) in parts.items()}

    def as_note(self) -> dict[str, Any]:
        """The whole record, as the commit of its rows carries it."""
        return {"run_id": self.run_id, "run": asdict(self) | {"run_date": str(self.run_date)}}

    @classmethod
    def of_note(cls, note: dict[str, Any]) -> "Run | None":
        """The record of a commit; None where it carries none that this release can read."""
        record = note.get("run")
        if not isinstance(record, dict) or not set(record) >= _REQUIRED:
            return None
        known = {f.name: record[f.name] for f in fields(cls) if f.name in record}
        return cls(**{**known, "run_date": date.fromisoformat(record["run_date"])})


_REQUIRED = {f.name for f in fields(Run) if f.default is MISSING and f.default_factory is MISSING}
_MAPS = {f.name for f in fields(Run) if get_origin(f.type) is dict}


def name_run(
    run_date: date, model_version: str, inputs: dict[str, Any], settings: dict[str, Any]
) -> str:
    """`<run_date>-<8 hex>`, from all that shapes rows and audit: the same night, the same name."""
    content = json.dumps([model_version, inputs, settings], sort_keys=True)
    return f"{run_date.isoformat()}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def find_run(runs: Iterable[Run], run_id: str) -> Run | None:
    """A run by name."""
    return next((run for run in runs if run.run_id == run_id), None)


def standing_on(runs: Iterable[Run], run_date: date) -> Run | None:
    """The published run of a date."""
    return next((r for r in runs if r.status == PUBLISHED and r.run_date == run_date), None)


def night_before(run: Run, earlier: Iterable[Run]) -> Run | None:
    """The last published night before, whichever model made it; `earlier`: newest first."""
    published = (r for r in earlier if r.status == PUBLISHED and r.run_date < run.run_date)
    return next(published, None)


def read_runs(warehouse: Warehouse) -> list[Run]:
    """All runs, newest run date first.

    What the commits of `recommendations` say counts: a run that died before its row was written
    is there, of several runs of a date only the last one is published, and what was rolled back
    is withdrawn.
    """
    return runs_by(_recorded(warehouse), warehouse.commits(PUBLISHED_TABLE))


def runs_by(recorded: Iterable[Run], commits: Sequence[Commit]) -> list[Run]:
    """All runs, from the rows of their table and the commits of `recommendations`."""
    standing = standing_by(commits)
    noted: dict[str, Run] = {}
    for commit in commits:  # newest first
        if (run := Run.of_note(commit.note or {})) is not None:
            noted.setdefault(run.run_id, run)
    by_id = noted | {run.run_id: run for run in recorded}
    runs = []
    for run in by_id.values():
        status = _status(run, standing)
        if run.status == AUDIT_FAILED and status == PUBLISHED:  # a refused try of one that stands
            run = noted.get(run.run_id, run)
        runs.append(run.with_status(status))
    return sorted(runs, key=lambda run: (-run.run_date.toordinal(), run.run_id))


def _status(run: Run, standing: Standing) -> str:
    if run.status == EXPIRED:  # until it is published again
        return EXPIRED
    last = standing.by_date.get(run.run_date.isoformat())
    if last == run.run_id:
        return PUBLISHED
    if run.status == AUDIT_FAILED:
        return AUDIT_FAILED
    if run.run_id in standing.on_path:
        return SUPERSEDED
    if run.run_id in standing.off_path:
        return WITHDRAWN
    # Its commit was tidied up: what is recorded counts, as far as later commits let it.
    if run.status == PUBLISHED and last is not None:
        return SUPERSEDED
    return WITHDRAWN if run.status == PUBLISHED and standing.is_whole else run.status


def record(warehouse: Warehouse, run: Run) -> None:
    """Append the run's row; where its date has rows already, these are written with it anew.

    A refused try of a run that stands published leaves its record as it is.
    """
    warehouse.create(RUNS_TABLE)
    with warehouse.alone(RUNS_TABLE):
        _record(warehouse, run)


def _record(warehouse: Warehouse, run: Run) -> None:
    others = [one for one in _recorded(warehouse) if one.run_date == run.run_date]
    if not others:
        warehouse.append(RUNS_TABLE, [asdict(run)])
        return
    before = find_run(others, run.run_id)
    if run.status == AUDIT_FAILED and before is not None and before.status == PUBLISHED:
        return
    replaced = [
        one.with_status(SUPERSEDED) if run.status == PUBLISHED and one.status == PUBLISHED else one
        for one in others
        if one.run_id != run.run_id
    ]
    where = f"run_date = date'{run.run_date.isoformat()}'"
    warehouse.append(RUNS_TABLE, [asdict(one) for one in [*replaced, run]], instead_of=where)


def add_missing(warehouse: Warehouse, runs: Sequence[Run]) -> list[Run]:
    """Write the rows that say otherwise than `read_runs`; returns published runs among these."""
    told = {run.run_id: run.status for run in _recorded(warehouse)}
    wrong = [run for run in runs if told.get(run.run_id) != run.status]
    write_statuses(warehouse, wrong)
    return [run for run in wrong if run.status == PUBLISHED]


def write_statuses(warehouse: Warehouse, runs: Sequence[Run]) -> None:
    """Write the rows of these runs anew, by one commit."""
    if not runs:
        return
    warehouse.create(RUNS_TABLE)
    are_these = " or ".join(is_word("run_id", run.run_id) for run in runs)
    warehouse.append(RUNS_TABLE, [asdict(run) for run in runs], instead_of=are_these)


def mark_expired(warehouse: Warehouse, expired: Sequence[Run]) -> None:
    """Write that the rows of runs are there no longer, by one commit."""
    write_statuses(warehouse, [run.with_status(EXPIRED) for run in expired])


def _recorded(warehouse: Warehouse) -> list[Run]:
    """The rows of the table."""
    if not warehouse.exists(RUNS_TABLE):
        return []
    names = [f.name for f in fields(Run)]
    rows = warehouse.read_arrow(RUNS_TABLE, names).to_pylist()
    # A map comes as pairs, and as None where it was never written.
    for row in rows:
        row |= {name: dict(row[name] or ()) for name in _MAPS}
    return [Run(**row) for row in rows]
