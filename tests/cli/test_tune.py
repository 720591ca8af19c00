"""tune over a tiny warehouse: stopped, gone on with, and its best settings trained."""

import csv
import json
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mars_model.cli.main import main
from mars_model.comparing import tune as tuning
from tests.conftest import Night

pytestmark = pytest.mark.long

# What a like is, and everything else of the night's small source.
CONF = """
likes: {min_rating: 4, min_per_user: 2}
documents: {min_occurrences: 1}
promotion: {max_map_loss: 1.0}
"""
MODEL = """
model:
  variant: small
  text: cnn
  has_free_vectors: true
  has_item_bias: true
  embedding_size: 8
  n_filters: 8
  representation_size: 6
  max_words: 20
training: {objective: catalogue, optimizer: adam, max_epochs: 3, validation_share: 0.34}
"""


@pytest.fixture
def shop(night: Night, tmp_path: Path) -> Path:
    """A copy of the night's source tables, with settings and a model's file."""
    for table in ("items", "interactions"):
        shutil.copytree(Path(night.warehouse.path) / table, tmp_path / "shop" / table)
    (tmp_path / "shop" / "mars-batch.yaml").write_text(CONF)
    (tmp_path / "small.yaml").write_text(MODEL)
    return tmp_path / "shop"


def run(shop: Path, *args: str) -> Result:
    return CliRunner().invoke(main, ["--warehouse", str(shop), *args, "--run-date", "2026-03-01"])


def tune(shop: Path, *args: str) -> Result:
    return run(shop, "--json", "tune", "--model", str(shop.parent / "small.yaml"), *args)


def test_a_stopped_search_goes_on_and_its_best_settings_train_to_the_same_metric(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = []

    def stop_in_the_second(*args):
        trained.append(args)
        if len(trained) == 2:
            raise KeyboardInterrupt
        return real(*args)

    real = tuning.fit
    monkeypatch.setattr(tuning, "fit", stop_in_the_second)
    stopped = tune(shop, "--trials", "3")
    assert stopped.exit_code == 130
    folder = shop / "models" / "tuning" / "small"
    assert f"tune interrupted: finished trials stay in {folder}.db" in stopped.stderr
    assert (folder / "best.yaml").is_file()

    result = tune(shop, "--trials", "3")
    assert result.exit_code == 0, result.output
    tuned = json.loads(result.stdout)
    assert tuned["n_finished"] == 3
    assert [r["state"] for r in tuned["records"]] == ["complete", "failed", "complete", "complete"]
    assert tuned["records"][1]["values"] == tuned["records"][2]["values"]
    assert len(tuned["names"]) == 11
    with (folder / "trials.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 and all(row[name] for row in rows for name in tuned["names"])
    assert (folder / "importance.png").is_file() == (tuned["plot"] is not None)
    # Only settings were searched: nothing to use in a night yet.
    assert [path.name for path in (shop / "models").iterdir()] == ["tuning"]

    # Nothing is left to do, and nothing is trained again.
    assert json.loads(tune(shop, "--trials", "3").stdout)["records"] == tuned["records"]
    assert len(trained) == 4

    best = CliRunner().invoke(
        main, ["--conf", tuned["best_file"], "--json", "train", "--run-date", "2026-03-01"]
    )
    assert best.exit_code == 0, best.output
    manifest = json.loads(best.stdout)
    assert manifest["metrics"]["validation_map@500"] == tuned["best"]["value"]
    assert manifest["metrics"]["best_epoch"] == tuned["best"]["best_epoch"]
    assert manifest["settings"]["likes"] == {"min_rating": 4.0, "min_per_user": 2}

    # The same study with other likes would compare what cannot be compared.
    model = str(shop.parent / "small.yaml")
    other = run(shop, "--set", "likes.min_per_user=5", "tune", "--model", model, "--trials", "4")
    assert other.exit_code == 2
    assert "'likes.min_per_user' was 2, is 5" in other.stderr
    assert "'likes and documents before the run date' was" in other.stderr


def test_without_trials_it_says_why_there_is_nothing_to_show(shop: Path) -> None:
    arguments = ["--set", "training.users_per_batch=64", "tune", "--timeout-s", "0"]
    result = run(shop, *arguments, "--model", str(shop.parent / "small.yaml"), "--study", "other")
    assert result.exit_code == 0, result.output
    assert "0 s have passed: no further trial is started" in result.stderr
    assert "0 of 30 trials finished" in result.stdout
    assert "no plot of what mattered: two complete trials" in result.stdout
    assert "no best settings: no trial is complete" in result.stdout
    header = (shop / "models" / "tuning" / "other" / "trials.csv").read_text()
    assert "training.learning_rate" in header and "users_per_batch" not in header


def test_without_the_extra_a_sentence_says_what_to_install(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("tune", "tuning_report", "study"):
        monkeypatch.delitem(sys.modules, f"mars_model.comparing.{name}", raising=False)
        monkeypatch.delattr(f"mars_model.comparing.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "optuna", None)
    result = tune(shop)
    assert result.exit_code == 1
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert "optuna" in line and "pip install 'mars-batch[train,tune]'" in line


@pytest.mark.parametrize(
    ("args", "part"),
    [(("--study", "../out"), "../out"), (("--trials", "0"), "--trials")],
)
def test_wrong_usage_is_said_before_anything_starts(
    shop: Path, args: tuple[str, ...], part: str
) -> None:
    result = tune(shop, *args)
    assert result.exit_code == 2
    assert part in result.stderr
