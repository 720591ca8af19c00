"""Two at once: one wins or both do, and who loses says so; nothing is doubled, lost or empty."""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from mars_model.bundle.promotion import read_promotions
from mars_model.bundle.registry import Registry
from tests.soak import figures
from tests.soak.amounts import N_MORE_RACES, N_RACES, RACES_PER_WHOLE_NIGHT
from tests.soak.conftest import DATE, NIGHT, once
from tests.soak.faults import Plan
from tests.soak.shop import Ended, Reader, Warm, digest, published, rows_of, view

pytestmark = pytest.mark.soak

SCORE = ("score", "--run-date", DATE, "--repin")
SHORT = ("--set", "scoring.top_n=3", *SCORE)
TRAIN = ("train", "--run-date", DATE)
OTHER_SEED = ("--set", "training.seed=5", "--set", "promotion.max_map_loss=1", *TRAIN)


@dataclass(frozen=True)
class Raced:
    """How two commands on one shop ended."""

    shop: Path
    one: Ended
    other: Ended

    @property
    def both(self) -> tuple[Ended, Ended]:
        """Either."""
        return self.one, self.other

    def assert_won(self) -> None:
        """One or both; the loser has a sentence and a code."""
        codes = [ended.exit_code for ended in self.both]
        assert 0 in codes and {*codes} <= {0, 1, 3}, self
        for ended in self.both:
            ended.assert_sentence()
            if ended.exit_code:
                figures.counts["losers"] += 1
                errors = [x for x in ended.stderr.splitlines() if x.startswith("error: ")]
                assert len(errors) == 1, ended.stderr


def at_once(pair: tuple[Warm, Warm], shop: Path, one: tuple[str, ...], other: Any) -> Raced:
    """Both commands, started together."""
    figures.counts["races"] += 1
    pair[0].ask(shop, None, *one)
    pair[1].ask(shop, None, *other)
    return Raced(shop, pair[0].answer(), pair[1].answer())


def stopped_at(
    point: str,
    pair: tuple[Warm, Warm],
    shop: Path,
    one: tuple[str, ...],
    meanwhile: Callable[[], Ended | None],
    is_after: bool = False,
) -> Raced:
    """The first command stops at a point while something else runs to its end; then it goes on."""
    figures.counts["interleavings"] += 1
    go = shop.with_name(f"{shop.name}.go")
    plan = Plan(root=str(shop), named=point, is_after=is_after, do="stop", go=str(go))
    pair[0].ask(shop, plan, *one)
    reached = Path(f"{go}.reached")
    deadline = time.monotonic() + 300
    while not reached.exists():
        assert time.monotonic() < deadline, f"{point} was never reached"
        time.sleep(0.01)
    try:
        other = meanwhile()
    finally:
        go.touch()
    return Raced(shop, pair[0].answer(), other or Ended(0, "", 0.0))


@pytest.fixture(scope="module")
def wholes(changed: Path, pair: tuple[Warm, Warm], common: Path) -> dict[str, Path]:
    """What each night alone gives."""
    return {
        "long": once(common / "long", lambda to: night_on(pair[0], changed, to, SCORE)),
        "short": once(common / "short", lambda to: night_on(pair[0], changed, to, SHORT)),
    }


@pytest.fixture(scope="module")
def settled(changed: Path, pair: tuple[Warm, Warm], common: Path) -> Path:
    """A shop whose documents and histories are up to date, published with lists of one item."""
    words = ("--set", "scoring.top_n=1", *SCORE)
    return once(common / "settled", lambda to: night_on(pair[0], changed, to, words))


def night_on(warm: Warm, shop: Path, to: Path, words: tuple[str, ...]) -> None:
    """A night on a copy of a shop."""
    shutil.copytree(shop, to)
    ended = warm.run(to, *words)
    assert ended.exit_code == 0, ended.stderr


def assert_one_night_stands(raced: Raced, warm: Warm, *wholes: Path) -> None:
    """The date's rows are those of one undisturbed night, and the records say which."""
    rows = published(raced.shop)
    figures.counts["rows lost or doubled"] += rows not in [published(one) for one in wholes]
    assert rows in [published(one) for one in wholes]
    assert view(raced.shop) == view(wholes[[published(one) for one in wholes].index(rows)])
    (run_id,) = set(rows_of(raced.shop, "recommendations").column("run_id").to_pylist())
    told = json.loads(warm.run(raced.shop, "--json", "runs").stdout)
    assert [run["run_id"] for run in told if run["status"] == "published"] == [run_id]
    recorded = rows_of(raced.shop, "recommendation_runs").column("run_id").to_pylist()
    assert len(recorded) == len({*recorded})


NIGHTS = {
    "the same settings": (NIGHT, NIGHT, ("long",)),
    "other settings": (SCORE, SHORT, ("long", "short")),
}


@pytest.mark.parametrize("case", NIGHTS)
def test_of_two_nights_of_a_date_one_stands_whole(
    case: str,
    changed: Path,
    settled: Path,
    wholes: dict[str, Path],
    pair: tuple[Warm, Warm],
    tmp_path: Path,
) -> None:
    one, other, names = NIGHTS[case]
    allowed = [wholes[name] for name in names]
    for n in range(N_RACES):
        before = settled if n % RACES_PER_WHOLE_NIGHT else changed
        shop = Path(shutil.copytree(before, tmp_path / str(n)))
        with Reader(shop) as reader:
            raced = at_once(pair, shop, one, other)
        raced.assert_won()
        assert_one_night_stands(raced, pair[0], *allowed)
        assert reader.failed == []
        states = [published(before), *(published(whole) for whole in allowed)]
        assert all(seen in states for seen in reader.seen)


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
    pair: tuple[Warm, Warm],
    tmp_path: Path,
) -> None:
    shop = Path(shutil.copytree(changed, tmp_path / "shop"))
    raced = stopped_at(point, pair, shop, SCORE, lambda: pair[1].run(shop, *SHORT), is_after)
    raced.assert_won()
    # Who wrote last stands.
    assert_one_night_stands(raced, pair[1], wholes["short" if is_after else "long"])


def test_a_night_and_an_import_leave_the_night_of_the_rows_before_it_or_behind_it(
    shop: Path,
    wholes: dict[str, Path],
    exported: list[str],
    changed: Path,
    pair: tuple[Warm, Warm],
    tmp_path: Path,
) -> None:
    for n in range(N_RACES):
        copied = Path(shutil.copytree(shop, tmp_path / str(n)))
        raced = at_once(pair, copied, SCORE, exported)
        raced.assert_won()
        assert raced.other.exit_code == 0, raced.other.stderr
        for table in ("items", "interactions"):
            found, expected = (rows_of(one, table).to_pylist() for one in (copied, changed))
            assert digest(found) == digest(expected)
        if published(copied) not in (published(shop), published(wholes["long"])):
            # Items of one side, interactions of the other: two commits, pinned in between.
            again = pair[0].run(copied, *SCORE)
            assert again.exit_code == 0, again.stderr
            assert_one_night_stands(raced, pair[0], wholes["long"])


@pytest.mark.parametrize("point", ["Warehouse.overwrite user_histories", "Warehouse.pin items"])
def test_an_import_that_lands_while_a_night_stands_changes_none_of_its_rows(
    point: str, shop: Path, exported: list[str], pair: tuple[Warm, Warm], tmp_path: Path
) -> None:
    before = Path(shutil.copytree(shop, tmp_path / "before"))
    shutil.rmtree(before / "user_histories")
    raced = stopped_at(
        point, pair, before, SCORE, lambda: pair[1].run(before, *exported), is_after=True
    )
    raced.assert_won()
    assert raced.one.exit_code == 0 and published(before) == published(shop)


def tidy(shop: Path, table: str) -> Ended:
    """OPTIMIZE and VACUUM by another writer of Delta; it may find that it has come too late."""
    try:
        DeltaTable(shop / table).optimize.compact()
    except CommitFailedError:
        figures.counts["losers"] += 1
    DeltaTable(shop / table).vacuum(dry_run=False)
    return Ended(0, "", 0.0)


TABLES = (
    *("items", "interactions", "item_documents", "user_histories", "item_vectors"),
    *("recommendations", "recommendation_runs"),
)


def test_a_night_and_tidying_leave_the_night_whole(
    changed: Path,
    settled: Path,
    wholes: dict[str, Path],
    pair: tuple[Warm, Warm],
    tmp_path: Path,
) -> None:
    for n in range(N_RACES):
        before = settled if n % RACES_PER_WHOLE_NIGHT else changed
        shop = Path(shutil.copytree(before, tmp_path / str(n)))
        figures.counts["races"] += 1
        with Reader(shop) as reader:
            pair[0].ask(shop, None, *SCORE)
            for _ in range(5):
                for table in TABLES:
                    tidy(shop, table)
            ended = pair[0].answer()
        assert ended.exit_code == 0, ended.stderr
        assert reader.failed == []
        assert_one_night_stands(Raced(shop, ended, ended), pair[0], wholes["long"])


@pytest.mark.parametrize(
    "point", ["Warehouse.overwrite user_histories", "Warehouse.overwrite recommendations"]
)
def test_a_night_that_stops_while_tables_are_tidied_goes_on(
    point: str, changed: Path, wholes: dict[str, Path], pair: tuple[Warm, Warm], tmp_path: Path
) -> None:
    shop = Path(shutil.copytree(changed, tmp_path / "shop"))

    def tidy_all() -> None:
        for table in TABLES:
            tidy(shop, table)

    raced = stopped_at(point, pair, shop, SCORE, tidy_all)
    assert raced.one.exit_code == 0, raced.one.stderr
    assert_one_night_stands(raced, pair[1], wholes["long"])


def decided(shop: Path) -> list[str]:
    """The model versions of all decisions; the one in use is whole and one of them."""
    registry = Registry(shop / "models")
    promotions = read_promotions(registry.folder)
    assert promotions is not None
    assert registry.promoted().model_version == promotions.model_version
    promoted = [one.model_version for one in promotions.decisions if one.is_promoted]
    assert promotions.model_version == promoted[-1]
    return [one.model_version for one in promotions.decisions]


@pytest.mark.parametrize("other", [TRAIN, OTHER_SEED], ids=["the same", "another seed"])
def test_of_two_trainings_both_leave_a_bundle_and_a_decision(
    other: tuple[str, ...], changed: Path, pair: tuple[Warm, Warm], tmp_path: Path
) -> None:
    n_before = len(decided(changed))
    for n in range(N_RACES if other == TRAIN else N_MORE_RACES):
        shop = Path(shutil.copytree(changed, tmp_path / str(n)))
        raced = at_once(pair, shop, TRAIN, other)
        assert [ended.exit_code for ended in raced.both] == [0, 0], raced
        assert len(decided(shop)) == n_before + 2
        assert not [*(shop / "models").glob(".draft-*"), *(shop / "models").glob(".replaced-*")]


@pytest.mark.parametrize("other", ["train", "promote"])
def test_a_training_is_judged_against_what_came_into_use_while_it_stood(
    other: str, changed: Path, pair: tuple[Warm, Warm], tmp_path: Path
) -> None:
    shop = Path(shutil.copytree(changed, tmp_path / "shop"))
    in_use = Registry(shop / "models").promoted_version()
    words = OTHER_SEED if other == "train" else ("models", "--promote", str(in_use))
    raced = stopped_at(
        "Registry.write", pair, shop, TRAIN, lambda: pair[1].run(shop, *words), is_after=True
    )
    assert [ended.exit_code for ended in raced.both] == [0, 0], raced
    *_, meanwhile, last = decided(shop)
    promotions = read_promotions(shop / "models")
    assert promotions is not None
    assert promotions.decisions[-1].compared_with == meanwhile or last == meanwhile


def test_a_training_and_a_promotion_both_leave_their_decision(
    changed: Path, pair: tuple[Warm, Warm], tmp_path: Path
) -> None:
    n_before = len(decided(changed))
    in_use = Registry(changed / "models").promoted_version()
    for n in range(N_RACES):
        shop = Path(shutil.copytree(changed, tmp_path / str(n)))
        raced = at_once(pair, shop, TRAIN, ("models", "--promote", str(in_use)))
        assert [ended.exit_code for ended in raced.both] == [0, 0], raced
        assert len(decided(shop)) == n_before + 2
