"""The shops that are soaked, and the processes that do it."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import RUN_DATE, Night
from tests.soak.faults import Plan
from tests.soak.shop import Ended, Warm, copy_shop, published, run, view

DATE = RUN_DATE.isoformat()
NIGHT = ("nightly", "--run-date", DATE, "--repin")  # with the changes since
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
def pair() -> Iterator[tuple[Warm, Warm]]:
    """Two processes, each with a JVM of its own."""
    both = Warm(), Warm()
    yield both
    for one in both:
        one.end()


@pytest.fixture(scope="session")
def warm(pair: tuple[Warm, Warm]) -> Warm:
    """One of them."""
    return pair[0]


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


def undisturbed(before: Path, *words: str) -> Undisturbed:
    """Run a command on a copy of a shop, and record its boundaries."""
    after = Path(shutil.copytree(before, before.with_name(f"{before.name}-after")))
    log = before.with_name(f"{before.name}.log")
    began = time.monotonic()
    ended = run(after, Plan(root=str(after), log=str(log)), *words)
    assert ended.exit_code == 0, ended.stderr
    found = [json.loads(line) for line in log.read_text().splitlines()]
    return Undisturbed(
        before, after, words, ended, [f[0] for f in found], [f[1] - began for f in found]
    )


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The words that import a day's changes."""
    folder = tmp_path_factory.mktemp("exported")
    (folder / "items.csv").write_text(ITEMS)
    (folder / "likes.csv").write_text(LIKES)
    paths = str(folder / "items.csv"), str(folder / "likes.csv")
    return ["import", "--items", paths[0], "--interactions", paths[1]]


@pytest.fixture(scope="session")
def shop(night: Night, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small night, published."""
    return copy_shop(night, tmp_path_factory.mktemp("soak") / "shop")


@pytest.fixture(scope="session")
def changed(shop: Path, warm: Warm, exported: list[str]) -> Path:
    """The shop with a day's changes in its sources: the published date would be another now."""
    folder = Path(shutil.copytree(shop, shop.with_name("changed")))
    ended = warm.run(folder, *exported)
    assert ended.exit_code == 0, ended.stderr
    return folder


@pytest.fixture(scope="session")
def repeated(changed: Path) -> Undisturbed:
    """A published date once more, after its sources have changed."""
    return undisturbed(changed, *NIGHT)
