"""A night and the commands that operate the published table, all at once."""

import json
import shutil
from pathlib import Path

import pytest

from tests.soak.amounts import N_RACES
from tests.soak.conftest import THIRD
from tests.soak.races import Crew, at_once
from tests.soak.shop import NO_ROWS, Reader, Warm, rows_of

pytestmark = pytest.mark.soak


def test_a_night_a_backfill_a_rollback_and_a_retention_at_once_leave_every_date_whole(
    two_nights: Path, operating: dict[str, tuple[str, ...]], crew: Crew, tmp_path: Path
) -> None:
    night = ("nightly", "--run-date", THIRD)
    for n in range(N_RACES):
        shop = Path(shutil.copytree(two_nights, tmp_path / str(n)))
        with Reader(shop) as reader:
            raced = at_once(crew, shop, night, *operating.values())
        raced.assert_won()
        assert reader.failed == [] and NO_ROWS not in reader.views
        assert_records_hold(shop, crew[0])


def assert_records_hold(shop: Path, warm: Warm) -> None:
    """What stands is what the records say, date by date, and no run's rows are cut or doubled."""
    told = json.loads(warm.run(shop, "--json", "runs").stdout)
    says = {one["run_date"]: one["run_id"] for one in told if one["status"] == "published"}
    rows = rows_of(shop, "recommendations").to_pylist()
    stands: dict[str, set[str]] = {}
    for row in rows:
        stands.setdefault(str(row["run_date"]), set()).add(row["run_id"])
    assert {day: {run_id} for day, run_id in says.items()} == stands
    keys = [(row["run_date"], row["user_id"], row["rank"]) for row in rows]
    assert len(keys) == len({*keys})
    n_rows = {one["run_id"]: one["counts"]["rows"] for one in told}
    for (run_id,) in stands.values():
        assert sum(row["run_id"] == run_id for row in rows) == n_rows[run_id]
