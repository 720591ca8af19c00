"""Commands that are started together, and commands that stop while another one runs."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from tests.soak import figures
from tests.soak.faults import Plan
from tests.soak.shop import Ended, Warm

TABLES = (
    *("items", "interactions", "item_documents", "user_histories", "item_vectors"),
    *("recommendations", "recommendation_runs"),
)
_LONGEST_S = 300.0


class Crew:
    """Processes that stay, each with a JVM of its own, started when first asked for."""

    def __init__(self) -> None:
        self._members: list[Warm] = []

    def __getitem__(self, n: int) -> Warm:
        while len(self._members) <= n:
            self._members.append(Warm())
        return self._members[n]

    def end(self) -> None:
        """All of them."""
        for one in self._members:
            one.end()


@dataclass(frozen=True)
class Raced:
    """How commands on one shop ended."""

    shop: Path
    all: tuple[Ended, ...]

    def assert_won(self) -> None:
        """One at least; each loser has a sentence and a code."""
        codes = [ended.exit_code for ended in self.all]
        assert 0 in codes and {*codes} <= {0, 1, 2, 3}, self
        for ended in self.all:
            ended.assert_sentence()
            if ended.exit_code:
                figures.counts["losers"] += 1
                errors = [x for x in ended.stderr.splitlines() if x.startswith("error: ")]
                assert len(errors) == 1, ended.stderr


def at_once(crew: Crew, shop: Path, *commands: tuple[str, ...]) -> Raced:
    """Commands that are started together, each in a process of its own."""
    figures.raced(len(commands))
    members = [crew[n] for n in range(len(commands))]
    for member, words in zip(members, commands, strict=True):
        member.ask(shop, None, *words)
    return Raced(shop, tuple(member.answer() for member in members))


def stopped_at(
    point: str,
    crew: Crew,
    shop: Path,
    one: tuple[str, ...],
    meanwhile: Callable[[], Ended | None],
    is_after: bool = False,
) -> Raced:
    """The first command stops at a point while something else runs to its end; then it goes on."""
    figures.counts["interleavings"] += 1
    go = shop.with_name(f"{shop.name}.go")
    plan = Plan(root=str(shop), named=point, is_after=is_after, do="stop", go=str(go))
    crew[0].ask(shop, plan, *one)
    reached = Path(f"{go}.reached")
    deadline = time.monotonic() + _LONGEST_S
    while not reached.exists():
        assert time.monotonic() < deadline, f"{point} was never reached"
        time.sleep(0.01)
    try:
        other = meanwhile()
    finally:
        go.touch()
    return Raced(shop, (crew[0].answer(), other or Ended(0, "", 0.0)))


def tidy(shop: Path) -> None:
    """OPTIMIZE and VACUUM of every table by another writer of Delta; it may come too late."""
    for table in TABLES:
        try:
            DeltaTable(shop / table).optimize.compact()
        except CommitFailedError:
            figures.counts["losers"] += 1
        DeltaTable(shop / table).vacuum(dry_run=False)


@contextmanager
def tidied(shop: Path) -> Iterator[None]:
    """The shop is tidied again and again while this block runs."""
    failed: list[Exception] = []
    stop = Event()

    def go_on() -> None:
        try:
            tidy(shop)
            while not stop.wait(1.0):
                tidy(shop)
        except Exception as error:  # told where it is waited for
            failed.append(error)

    thread = Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert failed == []
