"""Retention: nights and files that nothing needs any more, said first and then removed.

Kept are all nights from a day on and the latest published one, every version that their runs have
read, and the versions of `recommendations` that their runs published: a rollback needs those.
A night that runs now began less than a day ago, and no file that left a table since then goes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from pyspark.sql import functions as F

from mars_model.errors import InputDataError, MarsBatchError, SettingsError
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
    # Nights first: one that is published after this look is in no list of what goes.
    tables = [path.stem for path in sql_files("tables") if warehouse.exists(path.stem)]
    n_rows = {table: _rows_by_night(warehouse, table) for table in tables}
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
    looked_at = tuple(
        _plan_table(warehouse, one, plan, n_rows[one], versions.get(one, {})) for one in tables
    )
    return replace(plan, tables=looked_at)


def carry_out(warehouse: Warehouse, plan: Plan, say: Say) -> None:
    """Expire the nights and remove the files; once more after a crash, it ends the same.

    Runs are marked first: a night whose rows are gone is never taken for a published one. Raises
    MarsBatchError, and changes nothing, where a night that was to go is the latest one by now.
    """
    (published,) = (table for table in plan.tables if table.table == PUBLISHED_TABLE)
    with warehouse.alone(PUBLISHED_TABLE):  # nothing is rolled back between the look and the commit
        _require_not_latest(warehouse, published)
        runs.mark_expired(warehouse, plan.expired)
        _expire_rows(warehouse, published, say)
    for table in plan.tables:
        if table is not published:
            _expire_rows(warehouse, table, say)
        if table.files:
            say(f"{table.table}: {len(table.files):,} files go …")
            remove_files(warehouse, table.table, table.files, plan.cutoff, plan.now)


def _require_not_latest(warehouse: Warehouse, published: TablePlan) -> None:
    newest = str(warehouse.newest(PUBLISHED_TABLE, "run_date"))
    if newest in published.nights:
        raise MarsBatchError(
            f"table {PUBLISHED_TABLE}: the night of {newest} was to expire, and is the latest one "
            "by now (a rollback came in between?); nothing was removed. Run mars-batch retain again"
        )


def _expire_rows(warehouse: Warehouse, table: TablePlan, say: Say) -> None:
    keep_log(warehouse, table.table)
    if not table.n_rows:
        return
    say(f"{table.table}: {table.n_rows:,} rows of {len(table.nights)} nights expire …")
    # By name: a night that was published since the plan was made stays.
    days = ", ".join(f"date'{day}'" for day in table.nights)
    nothing = warehouse.read(table.table).limit(0)
    note = {"expired": table.nights}
    warehouse.overwrite(table.table, nothing, note, f"{_night_of(table.table)} in ({days})")


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


def _rows_by_night(warehouse: Warehouse, table: str) -> dict[date, int]:
    """How many rows each night has in a table; none in a table of other things."""
    if table not in (PUBLISHED_TABLE, STAGED_TABLE, UNSERVED_TABLE):
        return {}
    rows = warehouse.read(table)  # starts Spark, which makes columns
    return dict(map(tuple, rows.groupBy(F.expr(_night_of(table))).count().collect()))


def _plan_table(
    warehouse: Warehouse,
    table: str,
    plan: Plan,
    n_rows: dict[date, int],
    versions: dict[int, tuple[str, ...]],
) -> TablePlan:
    nights = sorted(d for d in n_rows if d < plan.first_kept and d not in plan.kept_dates)
    current = warehouse.version(table)
    before = {version: of for version, of in sorted(versions.items()) if version < current}
    files = old_files(warehouse, table, before, plan.cutoff, plan.now)
    n_expired = sum(n_rows[day] for day in nights)
    return TablePlan(table, n_expired, tuple(map(str, nights)), before, tuple(files))


def _night_of(table: str) -> str:
    """Its rows' night, in SQL; a run's name begins with its date."""
    return "cast(substring(run_id, 1, 10) as date)" if table == UNSERVED_TABLE else "run_date"
