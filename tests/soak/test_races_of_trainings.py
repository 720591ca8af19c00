"""Trainings at once, and a promotion beside them: each leaves its bundle and its decision."""

import shutil
from pathlib import Path

import pytest

from mars_model.bundle.promotion import read_promotions
from mars_model.bundle.registry import Registry
from tests.soak.amounts import N_RACES
from tests.soak.checks import decided
from tests.soak.conftest import DATE
from tests.soak.races import Crew, at_once, stopped_at

pytestmark = pytest.mark.soak

TRAIN = ("train", "--run-date", DATE)
OTHER_SEED = ("--set", "training.seed=5", "--set", "promotion.max_map_loss=1", *TRAIN)


def test_of_two_trainings_and_a_promotion_each_leaves_its_decision(
    changed: Path, crew: Crew, tmp_path: Path
) -> None:
    n_before = len(decided(changed))
    promote = ("models", "--promote", str(Registry(changed / "models").promoted_version()))
    for n in range(N_RACES):
        shop = Path(shutil.copytree(changed, tmp_path / str(n)))
        other = OTHER_SEED if n % 2 else TRAIN
        raced = at_once(crew, shop, TRAIN, other, promote)
        assert [ended.exit_code for ended in raced.all] == [0, 0, 0], raced
        assert len(decided(shop)) == n_before + 3
        assert not [*(shop / "models").glob(".draft-*"), *(shop / "models").glob(".replaced-*")]


@pytest.mark.parametrize("other", ["train", "promote"])
def test_a_training_is_judged_against_what_came_into_use_while_it_stood(
    other: str, changed: Path, crew: Crew, tmp_path: Path
) -> None:
    shop = Path(shutil.copytree(changed, tmp_path / "shop"))
    in_use = Registry(shop / "models").promoted_version()
    words = OTHER_SEED if other == "train" else ("models", "--promote", str(in_use))
    raced = stopped_at(
        "Registry.write", crew, shop, TRAIN, lambda: crew[1].run(shop, *words), is_after=True
    )
    assert [ended.exit_code for ended in raced.all] == [0, 0], raced
    *_, meanwhile, last = decided(shop)
    promotions = read_promotions(shop / "models")
    assert promotions is not None
    assert promotions.decisions[-1].compared_with == meanwhile or last == meanwhile
