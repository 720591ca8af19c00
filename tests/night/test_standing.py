"""Which runs stand, from commits by hand."""

from datetime import date

import pytest

from mars_model.night.runs import Run, runs_by
from mars_model.night.standing import rollback_note, standing_by
from mars_model.tables.pin import Commit

A, B, B2, C = (f"2026-03-{day}" for day in ("02-a", "03-b", "03-b2", "04-c"))
CREATED = Commit(0, "CREATE TABLE", None)


def run_of(run_id: str, status: str = "published", **facts) -> Run:
    run_date = date.fromisoformat(run_id.rpartition("-")[0])
    return Run(run_id, run_date, "mars-1", status, 4, 2, {}, **facts)


def log_of(*entries: str | int, tidied_up_before: int = 0) -> list[Commit]:
    """Commits newest first: a run that was published, a version that was brought back by hand."""
    commits = [CREATED]
    for version, entry in enumerate(entries, start=1):
        if isinstance(entry, int):
            commits.append(Commit(version, "RESTORE", None, entry))
        else:
            commits.append(Commit(version, "WRITE", run_of(entry).as_note()))
    return [commit for commit in reversed(commits) if commit.version >= tidied_up_before]


def statuses(commits: list[Commit], *recorded: Run) -> dict[str, str]:
    return {run.run_id: run.status for run in runs_by(recorded, commits)}


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ((A, B, C), {A: "published", B: "published", C: "published"}),
        ((A, B, B2), {A: "published", B: "superseded", B2: "published"}),
        # Rolled back to the first night.
        ((A, B, C, 1), {A: "published", B: "withdrawn", C: "withdrawn"}),
        # To what was replaced since.
        ((A, B, B2, 2), {A: "published", B: "published", B2: "withdrawn"}),
        # And forward again.
        ((A, B, C, 1, 3), {A: "published", B: "published", C: "published"}),
        ((A, B, B2, 2, 3), {A: "published", B: "superseded", B2: "published"}),
        # A night after a rollback, of a withdrawn date and of another.
        ((A, B, 1, B2), {A: "published", B: "withdrawn", B2: "published"}),
        ((A, B, 1, B), {A: "published", B: "published"}),
        ((A, B, 1, C), {A: "published", B: "withdrawn", C: "published"}),
        # A rollback to a version that is itself one.
        ((A, B, 1, C, 3), {A: "published", B: "withdrawn", C: "withdrawn"}),
        # To the empty table.
        ((A, 0), {A: "withdrawn"}),
    ],
)
def test_a_run_stands_is_replaced_or_was_rolled_back(log, expected):
    assert statuses(log_of(*log)) == expected
    # Whatever the rows of the table still say.
    for status in ("published", "superseded", "withdrawn"):
        recorded = [run_of(run_id, status) for run_id in expected]
        assert statuses(log_of(*log), *recorded) == expected


def test_what_stood_at_a_version_does_not_know_of_later_commits():
    assert standing_by(log_of(A, B, C, 1), 2).by_date == {"2026-03-02": A, "2026-03-03": B}
    assert standing_by(log_of(A, B, C, 1), 4).by_date == {"2026-03-02": A}


def test_after_the_log_was_tidied_up_the_note_of_a_rollback_says_what_stood():
    note = rollback_note(A, 1, {"2026-03-02": A})
    commits = [Commit(4, "RESTORE", note, 1), *log_of(A, B, C, tidied_up_before=3)]
    recorded = [run_of(run_id) for run_id in (A, B, C)]
    expected = {A: "published", B: "withdrawn", C: "withdrawn"}
    assert statuses(commits, *recorded) == expected
    # A night after it.
    later = Commit(5, "WRITE", run_of(B2).as_note())
    expected |= {B: "superseded", B2: "published"}
    assert statuses([later, *commits], *recorded) == expected
    recorded[1] = run_of(B, "withdrawn")
    assert statuses([later, *commits], *recorded) == expected | {B: "withdrawn"}


def test_runs_whose_commits_were_tidied_up_are_what_was_recorded():
    recorded = [run_of(A), run_of(B, "withdrawn"), run_of(C, "superseded")]
    assert statuses([CREATED], *recorded) == {A: "published", B: "withdrawn", C: "superseded"}


def test_a_refused_try_of_a_run_that_stands_leaves_its_record():
    stands = run_of(A, counts={"rows": 4})
    commits = [Commit(1, "WRITE", stands.as_note()), CREATED]
    refused = run_of(A, "audit_failed", failures={"overlap": 0})
    assert runs_by([refused], commits) == [stands]
    assert statuses(log_of(A, 0), refused) == {A: "audit_failed"}
    assert statuses(log_of(B2), run_of(B, "audit_failed")) == {B: "audit_failed", B2: "published"}


@pytest.mark.parametrize("note", [{"rollback": 5}, {"rollback": {}}, {"rollback": {"to": A}}])
def test_a_note_that_is_no_rollback_of_ours_is_none(note):
    assert statuses([Commit(2, "RESTORE", note), *log_of(A)]) == {A: "published"}
