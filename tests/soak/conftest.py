"""The shops that are soaked, and the processes that do it."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from tests.conftest import RUN_DATE
from tests.soak.faults import Plan
from tests.soak.races import Crew
from tests.soak.shop import Ended, Warm, copy_shop, published, rows_of, run, view

DATE = RUN_DATE.isoformat()
NEXT, THIRD = "2026-03-02", "2026-03-03"
NIGHT = ("nightly", "--run-date", DATE, "--repin")  # with the changes since
SCORE = ("score", "--run-date", DATE, "--repin")
SHORT = ("--set", "scoring.top_n=3", *SCORE)
ITEMS = """item_id,title,text
101,Orbit,A rival chef repairs a rocket
301,New Moon,An astronaut cooks soup near a distant planet
302,Old Bread,A crowded kitchen drifts in orbit
"""
LIKES = """user_id,item_id,rating,interacted_at
1,205,5,2026-02-10 10:00:00
4,301,5,2026-02-11 10:00:00
11,101,5,2026-02-12 10:00:00
11,301,5,2026-02-13 10:00:00
11,,5,2026-02-13 10:00:00
"""


@pytest.fixture(scope="session")
def crew() -> Iterator[Crew]:
    """Processes that run one command after the other."""
    crew = Crew()
    yield crew
    crew.end()


@pytest.fixture(scope="session")
def warm(crew: Crew) -> Warm:
    """One of them."""
    return crew[0]


@dataclass(frozen=True)
class Undisturbed:
    """What a command does where nothing goes wrong: the shop before and after it."""

    before: Path
    after: Path
    words: tuple[str, ...]
    ended: Ended
    boundaries: list[str]
    times: list[float]  # of the boundaries, in seconds from the beginning of the process

    def copy(self, folder: Path) -> Path:
        """The shop before it, once more."""
        return Path(shutil.copytree(self.before, folder))

    def states(self) -> list[dict[str, str]]:
        """What readers may see, in this order."""
        return [published(self.before), published(self.after)]

    def views(self) -> list[str]:
        """The same of the view."""
        return [view(self.before), view(self.after)]


def undisturbed(
    folder: Path, source: Path, *words: str, without: tuple[str, ...] = ()
) -> Undisturbed:
    """A command on a copy of a shop, with its boundaries; run once, whoever asks for it."""

    def make(draft: Path) -> None:
        ignored = shutil.ignore_patterns(*without)
        for name in ("before", "after"):
            shutil.copytree(source, draft / name, ignore=ignored)
        log = draft / "log"
        began = time.monotonic()
        ended = run(draft / "after", Plan(root=str(draft / "after"), log=str(log)), *words)
        assert ended.exit_code == 0, ended.stderr
        logged = [json.loads(line) for line in log.read_text().splitlines()]
        facts = [ended.__dict__, [name for name, _ in logged], [at - began for _, at in logged]]
        (draft / "facts.json").write_text(json.dumps(facts))

    once(folder, make)
    ended, boundaries, times = json.loads((folder / "facts.json").read_text())
    return Undisturbed(
        folder / "before", folder / "after", words, Ended(**ended), boundaries, times
    )


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of all processes that run tests."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "soak"
    folder.mkdir(exist_ok=True)
    return folder


def once(folder: Path, make: Callable[[Path], object]) -> Path:
    """A folder that the first process makes and the others wait for."""
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            draft = folder.with_name(f"{folder.name}.draft")
            make(draft)
            draft.rename(folder)
    return folder


@pytest.fixture(scope="session")
def exported(common: Path) -> list[str]:
    """The words that import a day's changes."""

    def make(folder: Path) -> None:
        folder.mkdir()
        (folder / "items.csv").write_text(ITEMS)
        (folder / "likes.csv").write_text(LIKES)

    folder = once(common / "exported", make)
    paths = str(folder / "items.csv"), str(folder / "likes.csv")
    return ["import", "--items", paths[0], "--interactions", paths[1]]


@pytest.fixture(scope="session")
def shop(request: pytest.FixtureRequest, common: Path) -> Path:
    """The small night, published."""
    return once(common / "shop", lambda to: copy_shop(request.getfixturevalue("night"), to))


def run_on(warm: Warm, shop: Path, to: Path, *words: str) -> None:
    """A command on a copy of a shop."""
    shutil.copytree(shop, to)
    ended = warm.run(to, *words)
    assert ended.exit_code == 0, ended.stderr


@pytest.fixture(scope="session")
def changed(shop: Path, warm: Warm, exported: list[str], common: Path) -> Path:
    """The shop with a day's changes in its sources: the published date would be another now."""
    return once(common / "changed", lambda to: run_on(warm, shop, to, *exported))


@pytest.fixture(scope="session")
def wholes(changed: Path, warm: Warm, common: Path) -> dict[str, Path]:
    """What each of two nights gives where nothing disturbs it."""
    return {
        "long": once(common / "long", lambda to: run_on(warm, changed, to, *SCORE)),
        "short": once(common / "short", lambda to: run_on(warm, changed, to, *SHORT)),
    }


@pytest.fixture(scope="session")
def two_nights(shop: Path, warm: Warm, common: Path) -> Path:
    """The shop with a second published date."""
    night = ("nightly", "--run-date", NEXT)
    return once(common / "two-nights", lambda to: run_on(warm, shop, to, *night))


@pytest.fixture(scope="session")
def operating(two_nights: Path) -> dict[str, tuple[str, ...]]:
    """Commands that change what is published there, as typed."""
    rows = rows_of(two_nights, "recommendations", "run_date", "run_id").to_pylist()
    (first_run,) = {row["run_id"] for row in rows if str(row["run_date"]) == DATE}
    return {
        "retain": ("retain", "--days", "1"),
        "backfill": ("backfill", "--from", NEXT, "--to", THIRD),
        "rollback": ("rollback", "--to", first_run),
    }


@pytest.fixture(scope="session")
def repeated(changed: Path, common: Path) -> Undisturbed:
    """A published date once more, after its sources have changed."""
    return undisturbed(common / "repeated", changed, *NIGHT)
