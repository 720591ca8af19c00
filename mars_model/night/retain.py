"""Retention: nights and files that nothing needs any more, said first and then removed.

Kept are all nights from a day on and the latest published one, every version that their runs have
read, and the versions of `recommendations` that their runs published: a rollback needs those.
A night that runs now began less than a day ago, and no file that left a table since then goes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pyspark.sql import functions as F

from mars_model.errors import InputDataError, SettingsError
from mars_model.night import runs
from mars_model.night.clock import Say
from mars_model.night.publish import STAGED_TABLE, UNSERVED_TABLE
from mars_model.night.runs import PUBLISHED_TABLE, Run
from mars_model.night.standing import published_by
from mars_model.resources import sql_files
from mars_model.tables.delta_files import StoredFile
from mars_model.tables.retention import keep_log, old_files, remove_files
from mars_model.tables.warehouse import Warehouse


@dataclass(frozen=True)
class TablePlan:
    """What becomes of one table."""

    table: str
    n_rows: int  # of expired nights
    nights: tuple[str, ...]
    versions: dict[int, tuple[str, ...]]  # kept ones before the current, with the runs they are for
    files: tuple[StoredFile, ...]  # to be removed

    @property
    def n_bytes(self) -> int:
        """Of the files."""
        return sum(file.n_bytes for file in self.files)


@dataclass(frozen=True)
class Plan:
    """What a retention does. The files of expired nights go by a retention `days` later."""

    first_kept: date  # nights before it expire, but for `kept_dates`
    kept_dates: tuple[date, ...]
    expired: tuple[Run, ...]
    tables: tuple[TablePlan, ...]
    cutoff: datetime  # what left a table since then stays
    now: datetime


def plan_retention(warehouse: Warehouse, days: int, as_of: date, now: datetime) -> Plan:
    """Look at every table; nothing is changed.

    `now` is the moment that ages of files are counted from. Raises SettingsError where `as_of`
    has not come yet, InputDataError without a night.
    """
    if as_of > now.date():
        raise SettingsError(
            f"--as-of {as_of}: expected a day until today, {now.date()} UTC: what a night of today "
            "reads could be removed under it"
        )
    if not warehouse.exists(PUBLISHED_TABLE):
        raise InputDataError(warehouse.how_to_make(PUBLISHED_TABLE))
    past = runs.read_runs(warehouse)
    first_kept = as_of - timedelta(days=days)
    latest = {r.run_date for r in past if r.status == runs.PUBLISHED}
    newest = warehouse.newest(PUBLISHED_TABLE, "run_date")  # with rows: the latest may have none
    kept_dates = {max(latest)} if latest else set()
    kept_dates |= {newest} if newest is not None else set()
    stays = [r for r in past if r.run_date >= first_kept or r.run_date in kept_dates]
    cutoff = datetime.combine(first_kept, time(), UTC)
    versions = _needed_versions(warehouse, stays)
    plan = Plan(
        first_kept,
        tuple(sorted(kept_dates)),
        tuple(r for r in past if r not in stays and r.status != runs.EXPIRED),
        (),
        cutoff,
        now,
    )
    tables = [path.stem for path in sql_files("tables") if warehouse.exists(path.stem)]
    looked_at = tuple(_plan_table(warehouse, one, plan, versions.get(one, {})) for one in tables)
    return replace(plan, tables=looked_at)


def carry_out(warehouse: Warehouse, plan: Plan, say: Say) -> None:
    """Expire the nights and remove the files; once more after a crash, it ends the same.

    Runs are marked first: a night whose rows are gone is never taken for a published one.
    """
    runs.mark_expired(warehouse, plan.expired)
    for table in plan.tables:
        keep_log(warehouse, table.table)
        if table.n_rows:
            say(f"{table.table}: {table.n_rows:,} rows of {len(table.nights)} nights expire …")
            where = _expired_rows(table.table, plan)
            nothing = warehouse.read(table.table).limit(0)
            warehouse.overwrite(table.table, nothing, expiry_note(plan), where)
        if table.files:
            say(f"{table.table}: {len(table.files):,} files go …")
            remove_files(warehouse, table.table, table.files, plan.cutoff, plan.now)


def expiry_note(plan: Plan) -> dict[str, Any]:
    """What the commit carries that removes rows of expired nights."""
    kept = [day.isoformat() for day in plan.kept_dates]
    return {"expired": {"before": plan.first_kept.isoformat(), "but": kept}}


def _needed_versions(
    warehouse: Warehouse, stays: Sequence[Run]
) -> dict[str, dict[int, tuple[str, ...]]]:
    """By table and version: the runs that have read it, or that published it.

    A run whose audit failed needs none: it can be scored again, and not be brought back.
    """
    needed: dict[str, dict[int, tuple[str, ...]]] = {}
    names = {run.run_id for run in stays if run.status != runs.AUDIT_FAILED}
    for run in stays:
        for table, version in run.input_versions.items() if run.run_id in names else ():
            versions = needed.setdefault(table, {})
            versions[version] = (*versions.get(version, ()), run.run_id)
    for commit in warehouse.commits(PUBLISHED_TABLE):
        run_id = published_by(commit)
        if run_id in names:  # each time: a rollback goes back to the first, or to the last
            needed.setdefault(PUBLISHED_TABLE, {})[commit.version] = (str(run_id),)
    return needed


def _plan_table(
    warehouse: Warehouse, table: str, plan: Plan, versions: dict[int, tuple[str, ...]]
) -> TablePlan:
    n_rows, nights = 0, set[str]()
    if table in (PUBLISHED_TABLE, STAGED_TABLE, UNSERVED_TABLE):
        night = "substring(run_id, 1, 10)" if table == UNSERVED_TABLE else "run_date"
        rows = warehouse.read(table).where(_expired_rows(table, plan))
        for day, n in rows.groupBy(F.expr(f"cast({night} as string)")).count().collect():
            n_rows, nights = n_rows + n, nights | {day}
    current = warehouse.version(table)
    before = {version: of for version, of in sorted(versions.items()) if version < current}
    files = old_files(warehouse, table, before, plan.cutoff, plan.now)
    return TablePlan(table, n_rows, tuple(sorted(nights)), before, tuple(files))


def _expired_rows(table: str, plan: Plan) -> str:
    """The condition on rows of expired nights; a run's name begins with its date."""
    if table == UNSERVED_TABLE:
        kept = "".join(f" and run_id not like '{day}-%'" for day in plan.kept_dates)
        return f"run_id < '{plan.first_kept}'{kept}"
    kept = "".join(f" and run_date <> date'{day}'" for day in plan.kept_dates)
    return f"run_date < date'{plan.first_kept}'{kept}"
