"""mars-batch train as typed, killed and typed again: the same bundle, and a sentence."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mars_model.bundle.registry import Registry
from mars_model.cli.main import main
from mars_model.fitting.train import train_model
from tests.conftest import RUN_DATE, SilentProgress, small_settings
from tests.night.conftest import copy_night

pytestmark = pytest.mark.long

# One like a step and hundreds of epochs: a signal always comes in the middle.
RUN = "from mars_model.cli.main import main; main()"
LONG = ("training.batch_size=1", "training.max_epochs=400", "training.patience=400")


def arguments(warehouse: str) -> list[str]:
    """The command's words, all settings spelled out."""
    tree = small_settings(*LONG).model_dump(mode="json")
    words = ["--warehouse", warehouse, "--json"]
    for branch in ("likes", "documents", "model", "training", "scoring"):
        for name, value in tree[branch].items():
            words += ["--set", f"{branch}.{name}={json.dumps(value)}"]
    return [*words, "train", "--run-date", RUN_DATE.isoformat()]


def train_until(epoch: int, how: signal.Signals, warehouse: str) -> tuple[int, str]:
    """Send a process a signal when it reports an epoch; returns its exit code and stderr."""
    command = [sys.executable, "-c", RUN, *arguments(warehouse)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    child = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    lines = []
    for line in child.stderr:
        lines.append(line)
        if line.startswith(f"epoch {epoch}: "):
            child.send_signal(how)
            break
    return child.wait(), "".join([*lines, *child.stderr])


def test_interrupted_and_killed_the_training_ends_in_the_same_bundle(night, tmp_path):
    copied = copy_night(night, tmp_path / "wh")
    path = str(tmp_path / "wh")

    exit_code, said = train_until(2, signal.SIGINT, path)
    assert exit_code == 130
    assert "Traceback" not in said
    (sentence,) = [line for line in said.splitlines() if "training interrupted: " in line]
    assert "finished epochs are kept in" in sentence
    assert "Run the same command again to go on from there" in sentence
    assert copied.registry.versions() == night.registry.versions()

    exit_code, said = train_until(60, signal.SIGKILL, path)
    assert exit_code == -signal.SIGKILL
    assert "goes on after epoch " in said

    result = CliRunner().invoke(main, arguments(path))
    assert result.exit_code == 0, result.output
    assert "goes on after epoch " in result.stderr
    resumed = json.loads(result.stdout)
    assert list(copied.registry.folder.glob(".checkpoint-*")) == []

    parts = Registry(tmp_path / "uninterrupted"), small_settings(*LONG), RUN_DATE
    whole = train_model(copied.warehouse, *parts, SilentProgress()).bundle
    assert resumed["model_version"] == whole.model_version
    assert resumed["metrics"] == whole.manifest.metrics
    assert resumed["metrics"]["n_epochs"] == 400
