"""Whatever dies, wherever: started again it ends in the rows of an undisturbed run."""

import os
import random
import shutil
import signal
from pathlib import Path

import pytest

from mars_model.bundle.promotion import read_promotions
from mars_model.bundle.registry import Registry
from tests.soak import figures
from tests.soak.amounts import KILLS_PER_WHOLE_NIGHT, N_RANDOM_KILLS, SEED
from tests.soak.conftest import DATE, NIGHT, Undisturbed, undisturbed
from tests.soak.faults import Plan
from tests.soak.shop import (
    Reader,
    Warm,
    digest,
    n_doubled_or_lost,
    published,
    rows_of,
    run,
    start,
    view,
)

pytestmark = pytest.mark.soak

# What the first night of a shop makes itself.
MADE = ("recommendations*", "recommendation_runs", "unserved_users", "item_vectors", ".items")


@pytest.fixture(scope="module")
def repeated(changed: Path) -> Undisturbed:
    """A published date once more, after its sources have changed."""
    return undisturbed(changed, *NIGHT)


@pytest.fixture(scope="module")
def first(shop: Path) -> Undisturbed:
    """The first night of a shop: every table is made."""
    ignored = shutil.ignore_patterns(*MADE, "item_documents", "user_histories", ".lists")
    before = shutil.copytree(shop, shop.with_name("unpublished"), ignore=ignored)
    return undisturbed(Path(before), *NIGHT)


def kill(shop: Path, words: tuple[str, ...], plan: Plan) -> str:
    """Run a command until it is killed; returns what it had said."""
    ended = run(shop, plan, *words)
    assert ended.exit_code == -signal.SIGKILL, (plan, ended)
    figures.counts["kills"] += 1
    figures.counts["kills at boundaries"] += 1
    return ended.stderr


def assert_seen(reader: Reader, states: list[dict[str, str]], views: list[str]) -> None:
    """Readers saw the old night or the new one, whole, and never the old behind the new."""
    assert reader.failed == []
    for seen, allowed in ((reader.seen, states), (reader.views, views)):
        assert all(one in allowed for one in seen), (seen, allowed)
        assert [allowed.index(one) for one in seen] == sorted(allowed.index(one) for one in seen)


def assert_same_rows(shop: Path, expected: Path) -> None:
    """Row by row, by another reader."""
    n_wrong = n_doubled_or_lost(shop, expected, DATE)
    figures.counts["rows lost or doubled"] += n_wrong
    assert n_wrong == 0
    assert published(shop) == published(expected) and view(shop) == view(expected)


def test_a_night_killed_at_any_boundary_and_started_again_ends_in_the_same_rows(
    repeated: Undisturbed, warm: Warm, tmp_path: Path
) -> None:
    assert "overwrite" in " ".join(repeated.boundaries)
    for at in range(1, len(repeated.boundaries) + 2):
        shop = repeated.copy(tmp_path / str(at))
        is_after = at > len(repeated.boundaries)
        plan = Plan(root=str(shop), at=at - is_after, is_after=is_after, do="kill")
        with Reader(shop) as reader:
            said = kill(shop, NIGHT, plan)
            again = warm.run(shop, *NIGHT)
        assert again.exit_code == 0, again.stderr
        again.assert_sentence()
        assert_seen(reader, repeated.states(), repeated.views())
        assert_same_rows(shop, repeated.after)
        name = f"{at} {(*repeated.boundaries, 'the end')[at - 1]}"
        n_scorings = f"{said}\n{again.stderr}".count("score …")
        figures.more_scorings[name] = n_scorings - 1
        assert n_scorings <= 2, name


def test_the_first_night_killed_at_one_boundary_after_the_other_ends_in_the_same_rows(
    first: Undisturbed, warm: Warm, tmp_path: Path
) -> None:
    shop = first.copy(tmp_path / "shop")
    with Reader(shop) as reader:
        for name in dict.fromkeys(first.boundaries):
            ended = run(shop, Plan(root=str(shop), named=name, do="kill"), *NIGHT)
            if ended.exit_code == 0:  # what was done before is not done again
                break
            assert ended.exit_code == -signal.SIGKILL, ended
            figures.counts["kills"] += 1
            figures.counts["kills at boundaries"] += 1
        again = warm.run(shop, *NIGHT)
    assert again.exit_code == 0, again.stderr
    assert_seen(reader, first.states(), first.views())
    assert_same_rows(shop, first.after)


def test_an_import_killed_at_any_boundary_and_started_again_ends_in_the_same_rows(
    shop: Path, changed: Path, exported: list[str], warm: Warm, tmp_path: Path
) -> None:
    before = Path(shutil.copytree(shop, tmp_path / "before"))
    whole = undisturbed(before, *exported)
    for at in range(1, len(whole.boundaries) + 2):
        copied = whole.copy(tmp_path / str(at))
        is_after = at > len(whole.boundaries)
        plan = Plan(root=str(copied), at=at - is_after, is_after=is_after, do="kill")
        with Reader(copied) as reader:
            kill(copied, whole.words, plan)
            again = warm.run(copied, *exported)
        assert again.exit_code == 0, again.stderr
        assert_seen(reader, whole.states()[:1], whole.views()[:1])
        for table in ("items", "interactions", "rejected_rows"):
            found, expected = (rows_of(one, table).to_pylist() for one in (copied, changed))
            assert digest(found) == digest(expected), (at, table)


def test_a_training_killed_at_any_boundary_and_started_again_ends_in_the_same_model(
    changed: Path, warm: Warm, tmp_path: Path
) -> None:
    train = ("train", "--run-date", DATE)
    before = Path(shutil.copytree(changed, tmp_path / "before"))
    whole = undisturbed(before, *train)
    expected = Registry(whole.after / "models").promoted()
    for at in range(1, len(whole.boundaries) + 2):
        copied = whole.copy(tmp_path / str(at))
        is_after = at > len(whole.boundaries)
        plan = Plan(root=str(copied), at=at - is_after, is_after=is_after, do="kill")
        kill(copied, train, plan)
        registry = Registry(copied / "models")
        registry.promoted()  # whole, and in use: a night may run now
        again = warm.run(copied, *train)
        assert again.exit_code == 0, again.stderr
        found = registry.promoted()
        assert found.model_version == expected.model_version, at
        assert found.manifest.metrics == expected.manifest.metrics
        assert published(copied) == published(changed)
        promotions = read_promotions(registry.folder)
        assert promotions is not None and len(promotions.decisions) <= 3


def test_a_night_killed_at_random_moments_is_always_whole(
    repeated: Undisturbed, warm: Warm, tmp_path: Path
) -> None:
    moments, shop = random.Random(SEED), repeated.copy(tmp_path / "shop")
    words = [
        ("score", "--run-date", DATE),
        ("--set", "scoring.top_n=3", "score", "--run-date", DATE),
    ]
    wholes = []
    for n, one in enumerate(words):
        whole = repeated.copy(tmp_path / f"whole-{n}")
        assert warm.run(whole, *one).exit_code == 0
        wholes.append(whole)
    allowed = [published(repeated.before), *(published(whole) for whole in wholes)]
    views = [view(repeated.before), *(view(whole) for whole in wholes)]
    began, ended = repeated.times[0], repeated.ended.seconds
    with Reader(shop) as reader:
        for n in range(1, N_RANDOM_KILLS + 1):
            after_s = moments.uniform(min(began, ended / 2), ended)
            killed = run(shop, None, *words[n % 2], kill_after_s=after_s)
            figures.counts["kills"] += killed.exit_code != 0
            figures.counts["kills at random"] += killed.exit_code != 0
            assert killed.exit_code in (0, -signal.SIGKILL), killed
            assert published(shop) in allowed, n
            if n % KILLS_PER_WHOLE_NIGHT == 0:
                which = n // KILLS_PER_WHOLE_NIGHT % 2
                again = warm.run(shop, *words[which])
                assert again.exit_code == 0, again.stderr
                assert_same_rows(shop, wholes[which])
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
