"""Readers see `recommendations` again as it was when a run was published: one commit."""

from collections.abc import Sequence
from dataclasses import dataclass

from mars_model.errors import SettingsError
from mars_model.night import runs
from mars_model.night.runs import PUBLISHED_TABLE, Run
from mars_model.night.standing import Standing, rollback_note, standing_by
from mars_model.tables.pin import Commit
from mars_model.tables.warehouse import Warehouse

_SHOWN = 5


@dataclass(frozen=True)
class RolledBack:
    """What a rollback changed; runs by name, the newest run date first."""

    to: str
    version: int  # of `recommendations`, that stands again
    changed: bool  # False: it stood already
    withdrawn: list[str]
    back: list[str]  # published again
    undo: str | None  # the run to roll back to if it should be undone


def roll_back(warehouse: Warehouse, run_id: str) -> RolledBack:
    """Bring back all dates as they stood when a run was published.

    That is the first time that it was published with the rows of its record; of a run that was
    rolled back itself the last time. Raises SettingsError where it was never published,
    InputDataError where the rows of then were vacuumed away, MarsBatchError where another run
    publishes meanwhile.
    """
    warehouse.add_new_columns(runs.RUNS_TABLE)
    with warehouse.alone(PUBLISHED_TABLE):  # nothing is published between the look and the commit
        return _roll_back(warehouse, run_id)


def _roll_back(warehouse: Warehouse, run_id: str) -> RolledBack:
    before = runs.read_runs(warehouse)
    commits = warehouse.commits(PUBLISHED_TABLE)
    standing = standing_by(commits)
    version = _version_of(run_id, commits, standing)
    if version is None:
        raise SettingsError(_unknown(run_id, before, standing))
    if _stands_already(version, commits):
        return RolledBack(run_id, version, False, [], [], None)
    note = rollback_note(run_id, version, _stood_at(version, before, commits))
    newest = commits[0].version + 1
    after = runs.runs_by(before, [Commit(newest, "RESTORE", note, version), *commits])
    # Before the commit: a view that reads the runs must not look for the lists of one of these.
    runs.write_statuses(warehouse, _changed(before, after, runs.PUBLISHED, runs.WITHDRAWN))
    try:
        warehouse.restore(PUBLISHED_TABLE, version, note)
    finally:
        found = runs.read_runs(warehouse)
        runs.add_missing(warehouse, found)
    withdrawn = [run.run_id for run in _changed(before, found, runs.PUBLISHED, runs.WITHDRAWN)]
    back = [run.run_id for run in found if _is_back(run, before)]
    undo = max(withdrawn, key=lambda one: standing.on_path.get(one, [0])[0], default=None)
    return RolledBack(run_id, version, True, withdrawn, back, undo)


def _version_of(run_id: str, commits: Sequence[Commit], standing: Standing) -> int | None:
    """The commit of `recommendations` that a rollback to a run brings back."""
    if run_id not in standing.on_path:
        return next(iter(standing.off_path.get(run_id, ())), None)
    hash_of = {}
    for commit in commits:
        run = Run.of_note(commit.note or {})
        hash_of[commit.version] = None if run is None else run.rows_hash
    newest, *others = standing.on_path[run_id]
    same = [one for one in others if hash_of[newest] and hash_of[one] == hash_of[newest]]
    return min([newest, *same])


def _stands_already(version: int, commits: Sequence[Commit]) -> bool:
    newest = next(commit for commit in commits if commit.makes_rows)
    return version in (newest.version, newest.restored)


def _stood_at(version: int, known: Sequence[Run], commits: Sequence[Commit]) -> dict[str, str]:
    """The runs that stood at a version, by run date.

    A published run whose commit was tidied up stood there too: it is older than all commits.
    """
    then = standing_by(commits, version)
    older = {
        run.run_date.isoformat(): run.run_id
        for run in known
        if run.status == runs.PUBLISHED and run.run_id not in then.all_runs
    }
    return older | then.by_date


def _changed(before: Sequence[Run], after: Sequence[Run], was: str, is_now: str) -> list[Run]:
    """Runs of `after` that have one status and had the other."""
    had = {run.run_id for run in before if run.status == was}
    return [run for run in after if run.status == is_now and run.run_id in had]


def _is_back(run: Run, before: Sequence[Run]) -> bool:
    had = runs.find_run(before, run.run_id)
    return run.status == runs.PUBLISHED and had is not None and had.status != runs.PUBLISHED


def _unknown(run_id: str, known: Sequence[Run], standing: Standing) -> str:
    named = [run.run_id for run in known if run.run_id in standing.all_runs]
    if runs.find_run(known, run_id) is not None:
        why = "no commit of recommendations published it, or it was tidied up since"
    else:
        why = "there is no such run"
    some = ", ".join(named[:_SHOWN]) or "none"
    return f"run {run_id}: {why}. Those that can be rolled back to (see mars-batch runs): {some}"
