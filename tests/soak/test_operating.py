"""Commands that operate the published table: killed anywhere, and beside a night."""

import json
import shutil
import signal
from pathlib import Path

import pytest

from mars_model.cli.main import COMMANDS
from tests.soak import figures
from tests.soak.amounts import N_RACES
from tests.soak.conftest import DATE, Undisturbed, once, undisturbed
from tests.soak.faults import Plan
from tests.soak.shop import NO_ROWS, Reader, Warm, published, rows_of, run

pytestmark = pytest.mark.soak

NEXT, THIRD = "2026-03-02", "2026-03-03"
OPERATING = {
    "retain": ("retain", "--days", "1"),
    "backfill": ("backfill", "--from", NEXT, "--to", THIRD),
    "rollback": ("rollback", "--to", "{first run}"),
}


@pytest.fixture(scope="module")
def two_nights(shop: Path, warm: Warm, common: Path) -> Path:
    """The shop with a second published date."""

    def make(folder: Path) -> None:
        shutil.copytree(shop, folder)
        ended = warm.run(folder, "nightly", "--run-date", NEXT)
        assert ended.exit_code == 0, ended.stderr

    return once(common / "two-nights", make)


def words_of(command: str, two_nights: Path) -> tuple[str, ...]:
    """The command as typed; skips the test where this release has none of its name."""
    if command not in COMMANDS:
        pytest.skip(f"there is no command {command}")
    rows = rows_of(two_nights, "recommendations", "run_date", "run_id").to_pylist()
    (run_id,) = {row["run_id"] for row in rows if str(row["run_date"]) == DATE}
    return tuple(word.replace("{first run}", run_id) for word in OPERATING[command])


def before_of(command: str, shop: Path, two_nights: Path) -> Path:
    """What the command is typed on."""
    return shop if command == "backfill" else two_nights


def assert_whole(reader: Reader, whole: Undisturbed) -> None:
    """Every date that readers saw was as before the command or behind it, and something stood."""
    assert reader.failed == []
    before, after = whole.states()
    for seen in reader.seen:
        for day, rows in seen.items():
            assert rows in (before.get(day), after.get(day)), (day, seen)
        for day in before.keys() & after.keys():
            assert day in seen
    assert NO_ROWS not in reader.views


@pytest.mark.parametrize("command", OPERATING)
def test_a_command_killed_at_any_boundary_and_started_again_ends_as_if_it_had_not_been(
    command: str, shop: Path, two_nights: Path, warm: Warm, tmp_path: Path
) -> None:
    words = words_of(command, two_nights)
    whole = undisturbed(tmp_path / "whole", before_of(command, shop, two_nights), *words)
    assert whole.states()[0] != whole.states()[1]
    # The dates of a backfill are nights one like the other: the second is killed as it begins.
    n_boundaries = len(whole.boundaries)
    n_killed = n_boundaries // 2 + 1 if command == "backfill" else n_boundaries
    for at in (*range(1, n_killed + 1), n_boundaries + 1):
        copied = whole.copy(tmp_path / str(at))
        is_after = at > n_boundaries
        plan = Plan(root=str(copied), at=at - is_after, is_after=is_after, do="kill")
        with Reader(copied) as reader:
            killed = run(copied, plan, *words)
            assert killed.exit_code == -signal.SIGKILL, killed
            figures.counts["kills"] += 1
            figures.counts["kills at boundaries"] += 1
            again = warm.run(copied, *words)
        assert again.exit_code == 0, again.stderr
        assert_whole(reader, whole)
        assert published(copied) == published(whole.after), (at, whole.boundaries)


@pytest.mark.parametrize("command", OPERATING)
def test_a_command_and_a_night_leave_every_date_whole(
    command: str,
    shop: Path,
    two_nights: Path,
    pair: tuple[Warm, Warm],
    tmp_path: Path,
) -> None:
    words = words_of(command, two_nights)
    night = ("nightly", "--run-date", THIRD)
    for n in range(N_RACES):
        copied = shutil.copytree(before_of(command, shop, two_nights), tmp_path / str(n))
        figures.counts["races"] += 1
        with Reader(Path(copied)) as reader:
            pair[0].ask(Path(copied), None, *night)
            pair[1].ask(Path(copied), None, *words)
            both = pair[0].answer(), pair[1].answer()
        assert 0 in [ended.exit_code for ended in both], both
        for ended in both:
            ended.assert_sentence()
            assert ended.exit_code in (0, 1, 2, 3), ended
            figures.counts["losers"] += ended.exit_code != 0
        assert reader.failed == [] and NO_ROWS not in reader.views
        # What stands is what the records say, date by date, and no run's rows are cut or doubled.
        told = json.loads(pair[0].run(Path(copied), "--json", "runs").stdout)
        says = {one["run_date"]: one["run_id"] for one in told if one["status"] == "published"}
        rows = rows_of(Path(copied), "recommendations").to_pylist()
        stands: dict[str, set[str]] = {}
        for row in rows:
            stands.setdefault(str(row["run_date"]), set()).add(row["run_id"])
        assert {day: {run_id} for day, run_id in says.items()} == stands
        keys = [(row["run_date"], row["user_id"], row["rank"]) for row in rows]
        assert len(keys) == len({*keys})
        n_rows = {one["run_id"]: one["counts"]["rows"] for one in told}
        for run_ids in stands.values():
            (run_id,) = run_ids
            assert sum(row["run_id"] == run_id for row in rows) == n_rows[run_id]
