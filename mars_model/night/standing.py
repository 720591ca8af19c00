"""Which runs stand, by the commits of `recommendations`: what was published, and what rolled back.

The commits are a path from the newest back to the first; a rollback leads back to the version that
it restored, and leaves out what was committed between.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mars_model.tables.pin import Commit

ROLLBACK = "rollback"  # in the note of a commit


@dataclass(frozen=True)
class Standing:
    """What the commits say; runs by name."""

    by_date: dict[str, str] = field(default_factory=dict)  # the run that stands, by run date
    on_path: dict[str, list[int]] = field(default_factory=dict)  # versions, the newest first
    off_path: dict[str, list[int]] = field(default_factory=dict)  # published and rolled back
    is_whole: bool = False  # whether a date that is not in `by_date` has no rows

    @property
    def all_runs(self) -> set[str]:
        """Every run that a commit names."""
        return {*self.on_path, *self.off_path}


def standing_by(commits: Iterable[Commit], version: int | None = None) -> Standing:
    """What stands at a version, or now; `commits` of the whole log, newest first.

    Also a restore by hand is followed. Where the log was tidied up before the version that a
    rollback restored, the note of the rollback says what stood there.
    """
    by_date: dict[str, str] = {}
    on_path: dict[str, list[int]] = {}
    off_path: dict[str, list[int]] = {}
    is_whole = False
    for commit in commits:
        run_id = published_by(commit)
        if version is not None and commit.version > version:
            if run_id is not None:
                off_path.setdefault(run_id, []).append(commit.version)
            continue
        if run_id is not None:
            on_path.setdefault(run_id, []).append(commit.version)
            by_date.setdefault(date_of(run_id), run_id)
            continue
        rollback = _rollback_of(commit)
        if rollback is not None:
            by_date, is_whole = {**rollback["standing"], **by_date}, True
        if rollback is not None or commit.restored is not None:
            version = commit.restored if rollback is None else int(rollback["version"])
    return Standing(by_date, on_path, off_path, is_whole)


def rollback_note(run_id: str, version: int, standing: dict[str, str]) -> dict[str, Any]:
    """What the commit of a rollback carries."""
    return {ROLLBACK: {"to": run_id, "version": version, "standing": standing}}


def published_by(commit: Commit) -> str | None:
    """The run whose rows a commit published."""
    run_id = (commit.note or {}).get("run_id")
    return str(run_id) if run_id else None


def date_of(run_id: str) -> str:
    """The run date in a run's name."""
    return run_id.rpartition("-")[0]


def _rollback_of(commit: Commit) -> dict[str, Any] | None:
    found = (commit.note or {}).get(ROLLBACK)
    return found if isinstance(found, dict) and {"version", "standing"} <= set(found) else None
