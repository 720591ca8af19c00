"""Nights at once: one wins or both do, and who loses says so; nothing is doubled, lost or empty."""

import json
import shutil
from pathlib import Path

import pytest

from tests.soak import figures
from tests.soak.amounts import N_RACES, RACES_PER_WHOLE_NIGHT
from tests.soak.conftest import NIGHT, SCORE, SHORT, once, run_on
from tests.soak.races import Crew, at_once, stopped_at, tidied, tidy
from tests.soak.shop import Reader, Warm, digest, published, rows_of, view

pytestmark = pytest.mark.soak

TINY = ("--set", "scoring.top_n=1", *SCORE)


@pytest.fixture(scope="module")
def settled(changed: Path, crew: Crew, common: Path) -> Path:
    """A shop whose documents and histories are up to date, published with lists of one item."""
    return once(common / "settled", lambda to: run_on(crew[0], changed, to, *TINY))


@pytest.fixture(scope="module")
def old(shop: Path, crew: Crew, common: Path) -> dict[str, Path]:
    """The shop before the day's changes: with lists of one item, and what a short night gives."""
    return {
        "tiny": once(common / "old-tiny", lambda to: run_on(crew[0], shop, to, *TINY)),
        "short": once(common / "old-short", lambda to: run_on(crew[0], shop, to, *SHORT)),
        "long": shop,
    }


def assert_one_night_stands(shop: Path, warm: Warm, *wholes: Path) -> None:
    """The date's rows are those of one undisturbed night, and the records say which."""
    rows = published(shop)
    figures.counts["rows lost or doubled"] += rows not in [published(one) for one in wholes]
    assert rows in [published(one) for one in wholes]
    assert view(shop) == view(wholes[[published(one) for one in wholes].index(rows)])
    (run_id,) = set(rows_of(shop, "recommendations").column("run_id").to_pylist())
    told = json.loads(warm.run(shop, "--json", "runs").stdout)
    assert [run["run_id"] for run in told if run["status"] == "published"] == [run_id]
    recorded = rows_of(shop, "recommendation_runs").column("run_id").to_pylist()
    assert len(recorded) == len({*recorded})


def test_of_two_nights_of_a_date_beside_tidying_one_stands_whole(
    changed: Path, settled: Path, wholes: dict[str, Path], crew: Crew, tmp_path: Path
) -> None:
    for n in range(N_RACES):
        before = settled if n % RACES_PER_WHOLE_NIGHT else changed
        shop = Path(shutil.copytree(before, tmp_path / str(n)))
        with Reader(shop) as reader, tidied(shop):
            raced = at_once(crew, shop, NIGHT, NIGHT)
        figures.counts["pairs"] += 1  # and a night and tidying
        raced.assert_won()
        assert_one_night_stands(shop, crew[0], wholes["long"])
        assert reader.failed == []
        states = [published(before), published(wholes["long"])]
        assert all(seen in states for seen in reader.seen)


def test_of_two_nights_with_other_settings_beside_an_import_one_stands_whole(
    old: dict[str, Path],
    wholes: dict[str, Path],
    exported: list[str],
    changed: Path,
    crew: Crew,
    tmp_path: Path,
) -> None:
    whole = [old["long"], old["short"], wholes["long"], wholes["short"]]
    states = [published(one) for one in whole]
    for n in range(N_RACES):
        shop = Path(shutil.copytree(old["tiny"], tmp_path / str(n)))
        with Reader(shop) as reader:
            raced = at_once(crew, shop, SCORE, SHORT, tuple(exported))
        raced.assert_won()
        imported = raced.all[2]
        assert imported.exit_code == 0, imported.stderr
        assert 0 in [ended.exit_code for ended in raced.all[:2]], raced
        assert reader.failed == []
        for table in ("items", "interactions"):
            found, expected = (rows_of(one, table).to_pylist() for one in (shop, changed))
            assert digest(found) == digest(expected)
        if published(shop) in states:
            assert_one_night_stands(shop, crew[0], *whole)
        else:
            # Items of one side, interactions of the other: two commits, pinned in between.
            again = crew[0].run(shop, *SCORE)
            assert again.exit_code == 0, again.stderr
            assert_one_night_stands(shop, crew[0], wholes["long"])


@pytest.mark.parametrize(
    ("point", "is_after"),
    [
        ("Warehouse.overwrite item_documents", False),
        ("Warehouse.overwrite user_histories", False),
        ("Warehouse.overwrite recommendations", False),
        ("Warehouse.overwrite recommendations", True),  # its record is not written
    ],
)
def test_a_night_that_stops_while_another_publishes_its_date_leaves_one_whole(
    point: str,
    is_after: bool,
    changed: Path,
    wholes: dict[str, Path],
    crew: Crew,
    tmp_path: Path,
) -> None:
    shop = Path(shutil.copytree(changed, tmp_path / "shop"))
    raced = stopped_at(point, crew, shop, SCORE, lambda: crew[1].run(shop, *SHORT), is_after)
    raced.assert_won()
    # Who wrote last stands.
    assert_one_night_stands(shop, crew[1], wholes["short" if is_after else "long"])


@pytest.mark.parametrize("point", ["Warehouse.overwrite user_histories", "Warehouse.pin items"])
def test_an_import_that_lands_while_a_night_stands_changes_none_of_its_rows(
    point: str, shop: Path, exported: list[str], crew: Crew, tmp_path: Path
) -> None:
    before = Path(shutil.copytree(shop, tmp_path / "before"))
    shutil.rmtree(before / "user_histories")
    raced = stopped_at(
        point, crew, before, SCORE, lambda: crew[1].run(before, *exported), is_after=True
    )
    raced.assert_won()
    assert raced.all[0].exit_code == 0 and published(before) == published(shop)


@pytest.mark.parametrize(
    "point", ["Warehouse.overwrite user_histories", "Warehouse.overwrite recommendations"]
)
def test_a_night_that_stops_while_tables_are_tidied_goes_on(
    point: str, changed: Path, wholes: dict[str, Path], crew: Crew, tmp_path: Path
) -> None:
    shop = Path(shutil.copytree(changed, tmp_path / "shop"))
    raced = stopped_at(point, crew, shop, SCORE, lambda: tidy(shop))
    assert raced.all[0].exit_code == 0, raced
    assert_one_night_stands(shop, crew[1], wholes["long"])
