"""Commands that operate the published table, killed anywhere."""

from pathlib import Path

import pytest

from tests.soak.conftest import undisturbed
from tests.soak.killing import kill_in_turn
from tests.soak.shop import Warm, published

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("command", ["retain", "backfill", "rollback"])
def test_a_command_killed_at_one_boundary_after_the_other_ends_as_if_it_had_not_been(
    command: str,
    shop: Path,
    two_nights: Path,
    operating: dict[str, tuple[str, ...]],
    warm: Warm,
    tmp_path: Path,
) -> None:
    stands = shop if command == "backfill" else two_nights
    whole = undisturbed(tmp_path / "whole", stands, *operating[command])
    before, after = whole.states()
    assert before != after

    def at_end(copied: Path) -> None:
        assert published(copied) == after, whole.boundaries

    kill_in_turn(whole, tmp_path, warm, at_end)
