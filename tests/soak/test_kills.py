"""Whatever dies, wherever: started again it ends in the rows of an undisturbed run."""

import signal
from pathlib import Path

import pytest

from mars_model.bundle.promotion import read_promotions
from mars_model.bundle.registry import Registry
from tests.soak import figures
from tests.soak.checks import assert_same_rows, assert_seen
from tests.soak.conftest import DATE, NIGHT, Undisturbed, undisturbed
from tests.soak.faults import Plan
from tests.soak.shop import Reader, Warm, digest, published, rows_of, run

pytestmark = pytest.mark.soak

# What the first night of a shop makes itself.
MADE = ("recommendations*", "recommendation_runs", "unserved_users", "item_vectors", ".items")


@pytest.fixture(scope="module")
def first(shop: Path, common: Path) -> Undisturbed:
    """The first night of a shop: every table is made."""
    without = (*MADE, "item_documents", "user_histories", ".lists")
    return undisturbed(common / "first", shop, *NIGHT, without=without)


def kill(shop: Path, words: tuple[str, ...], plan: Plan) -> str:
    """Run a command until it is killed; returns what it had said."""
    ended = run(shop, plan, *words)
    assert ended.exit_code == -signal.SIGKILL, (plan, ended)
    figures.counts["kills"] += 1
    figures.counts["kills at boundaries"] += 1
    return ended.stderr


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
    whole = undisturbed(tmp_path / "whole", shop, *exported)
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
    whole = undisturbed(tmp_path / "whole", changed, *train)
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
