"""A second training over the night's data: compared on the same held-out likes, then judged."""

import json
import math

import numpy as np
import pytest
from click.testing import CliRunner

from mars_model.bundle.registry import Registry
from mars_model.cli.main import main
from mars_model.errors import MarsBatchError
from mars_model.evaluation.holdout import hold_out
from mars_model.fitting.train import promote_if_no_worse, train_model
from mars_model.fitting.training_data import read_training_data
from tests.conftest import RUN_DATE, Night, SilentProgress, small_settings
from tests.night.conftest import copy_night, rows_of

ANOTHER = ("training.seed=5", "training.max_epochs=1", "promotion.max_map_loss=1")


@pytest.fixture(scope="module")
def copied(night, tmp_path_factory) -> Night:
    return copy_night(night, tmp_path_factory.mktemp("judged") / "wh")


@pytest.fixture(scope="module")
def said() -> list[str]:
    return []


@pytest.fixture(scope="module")
def second(copied, said):
    """Another model from another split of the same likes; any MAP is good enough."""
    settings = small_settings(*ANOTHER)
    return train_model(
        copied.warehouse, copied.registry, settings, RUN_DATE, SilentProgress(), say=said.append
    )


def average_precision(ranked: list[int], relevant: set[int]) -> float:
    hits, total = 0, 0.0
    for place, item in enumerate(ranked, start=1):
        if item in relevant:
            hits += 1
            total += hits / place
    return total / len(relevant)


def test_the_bundle_in_use_is_measured_on_the_new_held_out_likes(copied, second, night):
    settings = small_settings(*ANOTHER)
    data = read_training_data(copied.warehouse, settings, RUN_DATE)
    kept, held = hold_out(data.likes, 0.34, 5, data.user_ids, data.item_ids)
    rows = rows_of(night.warehouse, "item_vectors")
    vectors = {r["item_id"]: r for r in rows if r["model_version"] == night.run.model_version}
    item = np.array([vectors[i]["item_vector"] for i in data.item_ids.tolist()])
    memory = np.array([vectors[i]["memory_vector"] for i in data.item_ids.tolist()])
    found = []
    for user in range(kept.n_users):
        liked, relevant = kept.row(user).tolist(), set(held.row(user).tolist())
        if not liked or not relevant:
            continue
        scores = {}
        for j in set(range(len(item))) - set(liked):
            s = memory[liked] @ item[j]
            scores[j] = float((np.exp(s) * s).sum() / np.exp(s).sum())
        found.append(average_precision(sorted(scores, key=lambda j: (-scores[j], j)), relevant))
    assert len(found) == second.bundle.manifest.metrics["n_validation_users"]
    assert second.decision.compared_with == night.run.model_version
    assert second.decision.compared_map == pytest.approx(math.fsum(found) / len(found), abs=1e-9)


def test_a_promoted_bundle_is_in_use_and_the_first_keeps_its_reason(copied, second, night):
    assert copied.registry.promoted_version() == second.bundle.model_version
    decisions = copied.registry.decisions()
    assert decisions[second.bundle.model_version] == second.decision
    assert decisions[night.run.model_version].reason == "first model"


def test_a_training_says_how_many_items_have_a_year(copied, second, said):
    n_items = copied.warehouse.read("items").count()
    assert said == [f"title: 0 of {n_items} items have a year"]


def judged(night: Night, folder, measure, *overrides: str):
    """The small night's one bundle in use, and a second one that is judged with `measure`."""
    copied = copy_night(night, folder / "wh")
    old = copied.registry.promoted()
    new = copied.registry.write(
        lambda draft: [
            (draft / name).write_bytes(old.file(name).read_bytes()) for name in old.manifest.files
        ],
        old.manifest.settings.model_copy(
            update={"training": small_settings("training.seed=9").training}
        ),
        old.manifest.data_versions,
        old.manifest.metrics,
        False,
    )
    settings = small_settings(*overrides)
    return copied, new, promote_if_no_worse(copied.registry, new, settings, RUN_DATE, measure)


def test_a_bundle_is_judged_against_the_one_that_came_into_use_meanwhile(night, tmp_path):
    compared = []

    def measure(bundle):
        compared.append(bundle.model_version)
        if len(compared) == 1:  # another training writes and promotes its own
            registry, old = Registry(bundle.folder.parent), bundle.manifest
            training = small_settings("training.seed=8").training
            other = registry.write(
                lambda draft: [
                    (draft / name).write_bytes(bundle.file(name).read_bytes()) for name in old.files
                ],
                old.settings.model_copy(update={"training": training}),
                old.data_versions,
                old.metrics,
                False,
            )
            registry.promote(other.model_version)
            compared.append(other.model_version)
        return 1.0 if len(compared) > 2 else 0.0

    copied, new, decision = judged(night, tmp_path, measure)
    assert compared[1] == compared[2] != compared[0] == night.run.model_version
    assert not decision.is_promoted and decision.compared_with == compared[1]
    assert copied.registry.promoted_version() == compared[1] != new.model_version


def test_a_worse_bundle_stays_out_of_use_and_models_say_why(night, tmp_path):
    copied, new, decision = judged(night, tmp_path, lambda _: 1.0)
    assert not decision.is_promoted
    assert copied.registry.promoted_version() == night.run.model_version
    command = ["--warehouse", copied.warehouse.path]
    shown = CliRunner().invoke(main, [*command, "models"]).stdout
    (line,) = [line for line in shown.splitlines() if new.model_version in line.split()[0]]
    assert "not promoted: MAP@500" in line
    assert f"1.0000 with the one in use ({night.run.model_version})" in line
    listed = json.loads(CliRunner().invoke(main, [*command, "--json", "models"]).stdout)
    by_version = {row["model_version"]: row for row in listed}
    assert by_version[new.model_version]["decision"]["is_promoted"] is False
    assert by_version[new.model_version]["decision"]["compared_map"] == 1.0
    assert by_version[night.run.model_version]["decision"]["reason"] == "first model"

    CliRunner().invoke(main, [*command, "models", "--promote", new.model_version])
    assert copied.registry.promoted_version() == new.model_version
    assert copied.registry.decisions()[new.model_version].reason == "by hand"


def fail(_):
    raise MarsBatchError("attention.onnx: ONNX Runtime cannot open it")


@pytest.mark.parametrize(
    ("measure", "override", "said"),
    [
        (fail, "training.seed=9", "ONNX Runtime cannot open it"),
        (lambda _: 1.0, "likes.min_rating=3", "'likes.min_rating' is 3.0"),
    ],
    ids=["cannot be opened", "refused by nights"],
)
def test_a_bundle_in_use_that_is_of_no_use_gives_way(night, tmp_path, measure, override, said):
    copied, new, decision = judged(night, tmp_path, measure, override)
    assert decision.is_promoted
    assert said in decision.reason
    assert copied.registry.promoted_version() == new.model_version


def test_the_same_training_again_stays_in_use(night, tmp_path):
    copied = copy_night(night, tmp_path / "wh")
    bundle = copied.registry.promoted()
    decision = promote_if_no_worse(copied.registry, bundle, night.settings, RUN_DATE, fail)
    assert decision.is_promoted
    assert decision.reason == "the same result as the bundle in use"


def test_a_damaged_bundle_in_use_gives_way(night, tmp_path):
    copied = copy_night(night, tmp_path / "wh")
    copied.registry.promoted().file("vocabulary.txt").unlink()
    settings = [*small_settings_as_typed(night), "training.seed=5", "training.max_epochs=1"]
    typed = [word for setting in settings for word in ("--set", setting)]
    command = ["--warehouse", copied.warehouse.path, *typed, "--json", "train"]
    result = CliRunner().invoke(main, [*command, "--run-date", RUN_DATE.isoformat()])
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    assert shown["decision"]["is_promoted"] is True
    assert "gives nothing to compare with" in shown["decision"]["reason"]
    assert "vocabulary.txt is missing" in shown["decision"]["reason"]
    assert copied.registry.promoted_version() == shown["model_version"] != night.run.model_version


def small_settings_as_typed(night: Night) -> list[str]:
    """The night's settings for likes, words and network, as --set takes them."""
    tree = night.settings.model_dump(mode="json")
    branches = ("likes", "documents", "model", "training")
    return [f"{branch}.{k}={json.dumps(v)}" for branch in branches for k, v in tree[branch].items()]
