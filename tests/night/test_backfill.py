"""Missing dates are published in order; a stop in the middle loses nothing of what was done."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner

from mars_model.cli.main import main
from mars_model.errors import AuditFailedError
from mars_model.night.backfill import backfill
from mars_model.night.rollback import roll_back
from mars_model.night.run_night import run_night
from mars_model.night.runs import read_runs
from tests.conftest import RUN_DATE, Night, small_settings
from tests.night.conftest import by_user, copy_night, put_rows, rows_of

pytestmark = pytest.mark.night

DAYS = [date(2026, 3, day) for day in (1, 2, 3)]
# The two users with hardly a like get what most like: item 101 first.
EXCLUDED = {"item_id": 101, "excluded_from": datetime(2026, 3, 3, tzinfo=UTC)}


@dataclass(frozen=True)
class Filled:
    """A warehouse whose backfill stopped at its second date and went on."""

    night: Night
    error: AuditFailedError
    said: list[str]
    between: dict[date, str]  # by run date: the run that stood after the stop
    result: list[date]


def standing(night: Night) -> dict[date, str]:
    found = read_runs(night.warehouse)
    return {run.run_date: run.run_id for run in found if run.status == "published"}


@pytest.fixture(scope="module")
def filled(night: Night, tmp_path_factory: pytest.TempPathFactory) -> Filled:
    copied = copy_night(night, tmp_path_factory.mktemp("backfill") / "wh")
    put_rows(copied.warehouse, "excluded_items", [EXCLUDED])
    where, said = (copied.warehouse, copied.registry), []
    with pytest.raises(AuditFailedError) as stopped:
        strict = small_settings("audit.min_overlap=1")
        backfill(*where, strict, DAYS[0], DAYS[-1], said.append)
    between = standing(copied)
    done = backfill(*where, night.settings, DAYS[0], DAYS[-1], said.append)
    return Filled(copied, stopped.value, said, between, [run.run_date for run in done.published])


def test_a_night_that_fails_ends_it_and_the_dates_before_stand(
    filled: Filled, night: Night
) -> None:
    error = str(filled.error)
    assert error.startswith("backfill stopped at 2026-03-03: run 2026-03-03-")
    assert "overlap: is 0." in error
    assert "Dates published before it: 2026-03-02. Once that is mended" in error
    assert filled.error.exit_code == 4
    assert filled.error.details is not None
    assert filled.error.details["stopped_at"] == DAYS[2]
    assert set(filled.between) == {DAYS[0], DAYS[1]}
    assert filled.between[DAYS[0]] == night.run.run_id


def test_run_again_it_does_the_rest_in_order_and_leaves_what_stands(filled: Filled) -> None:
    assert filled.result == [DAYS[2]]
    after = standing(filled.night)
    assert {day: after[day] for day in filled.between} == filled.between
    heads = [line for line in filled.said if "dates have" in line or line.startswith("night of")]
    assert heads == [
        *("2 of 3 dates have no published run", "night of 2026-03-02, 1 of 2"),
        *("night of 2026-03-03, 2 of 2", "1 of 3 dates have no published run"),
        "night of 2026-03-03, 1 of 1",
    ]


def test_every_date_has_the_lists_of_its_own_night(filled: Filled, night: Night) -> None:
    rows = rows_of(filled.night.warehouse, "recommendations")
    by_date = {day: by_user([r for r in rows if r["run_date"] == day]) for day in DAYS}
    assert by_date[RUN_DATE] == by_user(rows_of(night.warehouse, "recommendations"))
    names = ("user_id", "rank", "item_id", "score")
    first, second = ([[r[n] for n in names] for r in by_date[day]] for day in DAYS[:2])
    assert first == second  # nothing was liked in between, and the item may still be shown
    assert 101 in {row["item_id"] for row in by_date[DAYS[1]]}
    assert 101 not in {row["item_id"] for row in by_date[DAYS[2]]}


def test_a_withdrawn_date_is_published_anew_by_the_next_night(filled: Filled, tmp_path) -> None:
    copied = copy_night(filled.night, tmp_path / "wh")
    before = standing(copied)
    roll_back(copied.warehouse, before[DAYS[1]])
    assert standing(copied) == {day: before[day] for day in DAYS[:2]}
    where = copied.warehouse, copied.registry, filled.night.settings
    run = run_night(*where, DAYS[2], lambda line: None, skip_published=True)
    assert (run.run_id, run.status) == (before[DAYS[2]], "published")
    assert standing(copied) == before
    found, expected = (rows_of(one.warehouse, "recommendations") for one in (copied, filled.night))

    def in_order(rows: list[dict]) -> list[dict]:
        return sorted(rows, key=lambda row: (row["run_date"], row["user_id"], row["rank"]))

    assert in_order(found) == in_order(expected)


def test_the_command_leaves_a_span_that_is_published_and_refuses_one_that_ends_before_it_begins(
    filled: Filled,
) -> None:
    command = ["--warehouse", filled.night.warehouse.path, "backfill"]
    shown = CliRunner().invoke(main, [*command, "--from", "2026-03-01", "--to", "2026-03-03"])
    assert (shown.exit_code, shown.stdout) == (
        0,
        "3 dates had a published run and were left\n",
    )
    wrong = CliRunner().invoke(main, [*command, "--from", "2026-03-03", "--to", "2026-03-01"])
    assert (wrong.exit_code, "--from 2026-03-03 lies behind" in wrong.stderr) == (2, True)
