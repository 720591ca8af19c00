"""Killed at any moment, and a worker of Spark's alone: readers see whole nights."""

import os
import random
import signal
from pathlib import Path

import pytest

from tests.soak import figures
from tests.soak.amounts import KILLS_PER_WHOLE_NIGHT, N_PARTS, N_RANDOM_KILLS, SEED
from tests.soak.checks import assert_same_rows
from tests.soak.conftest import NIGHT, SCORE, SHORT, Undisturbed
from tests.soak.shop import Reader, Warm, published, run, start, view

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("part", range(N_PARTS))
def test_a_night_killed_at_random_moments_is_always_whole(
    part: int, wholes: dict[str, Path], repeated: Undisturbed, warm: Warm, tmp_path: Path
) -> None:
    moments, shop = random.Random(SEED + part), repeated.copy(tmp_path / "shop")
    nights = [(SCORE, wholes["long"]), (SHORT, wholes["short"])]
    allowed = [published(one) for one in (repeated.before, *wholes.values())]
    views = [view(one) for one in (repeated.before, *wholes.values())]
    began, shortest_s = repeated.times[0], repeated.ended.seconds
    n_killed = n_ended = 0
    with Reader(shop) as reader:
        while n_killed < N_RANDOM_KILLS // N_PARTS:
            # Never before it has begun, whatever the machine is busy with.
            after_s = moments.uniform(min(began, shortest_s / 2), shortest_s)
            words, _ = nights[n_killed % 2]
            killed = run(shop, None, *words, kill_after_s=after_s)
            assert killed.exit_code in (0, -signal.SIGKILL), killed
            assert published(shop) in allowed, n_killed
            if killed.exit_code == 0:
                shortest_s = min(shortest_s, killed.seconds)
                n_ended += 1
                assert n_ended <= N_RANDOM_KILLS, "nights end before they are killed"
                continue
            n_killed += 1
            figures.counts["kills"] += 1
            figures.counts["kills at random"] += 1
            if n_killed % KILLS_PER_WHOLE_NIGHT == 0:
                words, whole = nights[n_killed // KILLS_PER_WHOLE_NIGHT % 2]
                again = warm.run(shop, *words)
                assert again.exit_code == 0, again.stderr
                assert_same_rows(shop, whole)
    assert reader.failed == []
    assert all(one in allowed for one in reader.seen)
    assert all(one in views for one in reader.views)


def test_a_python_worker_killed_while_it_scores_costs_a_sentence_at_most(
    repeated: Undisturbed, tmp_path: Path
) -> None:
    shop = repeated.copy(tmp_path / "shop")
    process = start(shop, None, *NIGHT)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("score …"):
            break
    killed = kill_a_worker(process.pid)
    rest = process.stderr.read()
    exit_code = process.wait()
    figures.counts["kills"] += killed
    figures.counts["workers killed"] += killed
    assert killed and "Traceback" not in rest, rest
    if exit_code:
        (line,) = [line for line in rest.splitlines() if line.startswith("error: ")]
        assert exit_code == 1 and "Python worker" in line
        assert published(shop) == published(repeated.before)
    else:
        assert_same_rows(shop, repeated.after)


def kill_a_worker(session: int) -> bool:
    """SIGKILL the first Python worker of a command; False where it has ended before."""
    while True:
        found: dict[int, int] = {}  # of the daemon and its workers: the parent
        is_there = False
        for folder in Path("/proc").iterdir():
            try:
                state = (folder / "stat").read_text().rpartition(")")[2].split()
                if not folder.name.isdigit() or int(state[3]) != session or state[0] == "Z":
                    continue
                is_there = is_there or folder.name == str(session)
                if "pyspark.daemon" in (folder / "cmdline").read_text():
                    found[int(folder.name)] = int(state[1])
            except (OSError, IndexError):
                continue
        if not is_there:
            return False
        workers = [process for process, parent in found.items() if parent in found]
        if workers:
            os.kill(workers[0], signal.SIGKILL)
            return True
