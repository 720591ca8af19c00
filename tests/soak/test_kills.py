"""Whatever dies, wherever: started again it ends in the rows of an undisturbed run."""

from pathlib import Path

import pytest

from mars_model.bundle.registry import Registry
from tests.soak import figures
from tests.soak.checks import assert_same_rows, assert_seen, decided
from tests.soak.conftest import DATE, NIGHT, Undisturbed, undisturbed
from tests.soak.faults import Plan
from tests.soak.killing import kill_in_turn, killed
from tests.soak.shop import Reader, Warm, digest, rows_of

pytestmark = pytest.mark.soak

# What the first night of a shop makes itself.
MADE = ("recommendations*", "recommendation_runs", "unserved_users", "item_vectors", ".items")


def test_a_night_killed_at_any_boundary_and_started_again_ends_in_the_same_rows(
    repeated: Undisturbed, warm: Warm, tmp_path: Path
) -> None:
    assert "overwrite" in " ".join(repeated.boundaries)
    for at in range(1, len(repeated.boundaries) + 2):
        shop = repeated.copy(tmp_path / str(at))
        is_after = at > len(repeated.boundaries)
        plan = Plan(root=str(shop), at=at - is_after, is_after=is_after)
        with Reader(shop) as reader:
            first = killed(shop, plan, *NIGHT)
            again = warm.run(shop, *NIGHT)
        assert first.exit_code, plan
        assert again.exit_code == 0, again.stderr
        again.assert_sentence()
        assert_seen(reader, repeated.states(), repeated.views())
        assert_same_rows(shop, repeated.after)
        name = f"{at} {(*repeated.boundaries, 'the end')[at - 1]}"
        n_scorings = f"{first.stderr}\n{again.stderr}".count("score …")
        figures.more_scorings[name] = n_scorings - 1
        assert n_scorings <= 2, name


def test_the_first_night_killed_at_one_boundary_after_the_other_ends_in_the_same_rows(
    shop: Path, warm: Warm, common: Path, tmp_path: Path
) -> None:
    without = (*MADE, "item_documents", "user_histories", ".lists")
    whole = undisturbed(common / "first", shop, *NIGHT, without=without)
    kill_in_turn(whole, tmp_path, warm, lambda night: assert_same_rows(night, whole.after))


def test_an_import_killed_at_one_boundary_after_the_other_ends_in_the_same_rows(
    shop: Path, changed: Path, exported: list[str], warm: Warm, tmp_path: Path
) -> None:
    whole = undisturbed(tmp_path / "whole", shop, *exported)

    def at_end(copied: Path) -> None:
        for table in ("items", "interactions", "rejected_rows"):
            found, expected = (rows_of(one, table).to_pylist() for one in (copied, changed))
            assert digest(found) == digest(expected), table

    kill_in_turn(whole, tmp_path, warm, at_end)


def test_a_training_killed_at_one_boundary_after_the_other_ends_in_the_same_model(
    changed: Path, warm: Warm, tmp_path: Path
) -> None:
    whole = undisturbed(tmp_path / "whole", changed, "train", "--run-date", DATE)
    expected, versions = Registry(whole.after / "models").promoted(), {*decided(whole.after)}

    def between(copied: Path) -> None:
        Registry(copied / "models").promoted()  # whole, and in use: a night may run now

    def at_end(copied: Path) -> None:
        found = Registry(copied / "models").promoted()
        assert found.model_version == expected.model_version
        assert found.manifest.metrics == expected.manifest.metrics
        # A kill behind the decision leaves it, and the same command decides once more.
        assert {*decided(copied)} == versions

    kill_in_turn(whole, tmp_path, warm, at_end, between)
