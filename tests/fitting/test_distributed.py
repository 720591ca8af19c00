"""Training in several processes gives what one gives, goes on, and ends in a sentence."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from mars_model.cli.main import main
from mars_model.errors import MarsBatchError, SettingsError
from mars_model.evaluation.fit import FittingTask, checkpoints_of, fit
from mars_model.evaluation.holdout import hold_out
from mars_model.features.likes import LikeMatrix
from mars_model.fitting.distributed import fit_in_processes, settings_of_process
from mars_model.fitting.exchange import read_error, read_fitted, read_task, write_task
from mars_model.settings import ModelSettings, Settings, TrainingSettings
from tests.conftest import RUN_DATE, SilentProgress, small_settings
from tests.night.conftest import copy_night

N_WORDS = 200


def task_of(**changes) -> FittingTask:
    """Sixty items, eighty users, everything that may be random switched on but vector dropout."""
    rng = np.random.default_rng(0)
    documents = rng.integers(0, N_WORDS + 1, (60, 12))
    rows = [rng.choice(60, size=rng.integers(3, 12), replace=False) for _ in range(80)]
    kept, held = hold_out(LikeMatrix.from_rows(rows, 60), 0.3, seed=1)
    settings = Settings(
        model=ModelSettings(
            has_free_vectors=True,
            has_item_bias=True,
            embedding_size=8,
            n_filters=8,
            representation_size=6,
        ),
        training=TrainingSettings(
            objective="catalogue",
            users_per_batch=16,
            history_dropout=0.5,
            free_dropout=0.2,
            vector_dropout=0.0,
            optimizer="adam",
            learning_rate=0.01,
            weight_averaging=0.5,
            max_epochs=4,
            patience=4,
            n_threads=1,
            device="cpu",
        ).model_copy(update=changes),
    )
    return FittingTask(documents, N_WORDS, kept, held, settings)


def start(task: FittingTask, models: Path) -> tuple[subprocess.Popen, Path]:
    """Two processes on a task, as TorchDistributor starts them, but without Spark."""
    folder = checkpoints_of(task, 2, models, print).folder / "processes"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_task(folder, task)
    torchrun = [sys.executable, "-u", "-m", "torch.distributed.run", "--standalone", "--nnodes=1"]
    entry = ["-m", "mars_model.fitting.training_process", str(folder)]
    process = subprocess.Popen(
        [*torchrun, "--nproc_per_node=2", *entry],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return process, folder


def assert_same_training(first, second) -> None:
    """Same metric in every epoch; weights, losses and skipped draws but for rounding."""
    for one, two in zip(first.result.history, second.result.history, strict=True):
        assert two.loss == pytest.approx(one.loss, abs=1e-5)
        assert two.validation == pytest.approx(one.validation, abs=1e-3)
        assert two.n_skipped_draws == one.n_skipped_draws
    other = second.network.state_dict()
    for name, weight in first.network.state_dict().items():
        torch.testing.assert_close(weight, other[name], atol=1e-4, rtol=0)


@pytest.mark.long
def test_two_processes_train_what_one_trains_also_after_a_crash(tmp_path):
    task = task_of(max_epochs=30, patience=30)
    alone = fit(task, None, checkpoints_of(task, 1, tmp_path, print))

    process, folder = start(task, tmp_path)
    heard = [process.stdout.readline() for _ in range(3)]
    assert json.loads(heard[2].removeprefix("mars-batch: "))["epoch"]["epoch"] == 3
    process.send_signal(signal.SIGTERM)
    process.stdout.read()
    assert process.wait() != 0
    n_epochs = checkpoints_of(task, 2, tmp_path, print).n_epochs()
    assert 3 <= n_epochs < 30

    process, folder = start(task, tmp_path)
    heard = process.stdout.read().splitlines()
    assert process.wait() == 0
    assert f"goes on after epoch {n_epochs}, kept in" in heard[0]
    assert_same_training(alone, read_fitted(folder, task))


@pytest.mark.long
def test_a_loss_that_is_no_number_is_one_sentence_from_all_processes(tmp_path):
    task = task_of(learning_rate=1e38, optimizer="rmsprop")
    process, folder = start(task, tmp_path)
    process.stdout.read()
    assert process.wait() != 0
    error = read_error(folder)
    assert str(error).startswith("Training: the ")
    assert " is nan in epoch 1" in str(error)
    assert checkpoints_of(task, 2, tmp_path, print).n_epochs() == 0


def test_a_task_is_read_as_it_was_written_without_what_is_nobodys_business(tmp_path):
    task = task_of()
    secret = task.settings.model_copy(
        update={
            "tracking": task.settings.tracking.model_copy(update={"uri": "http://me:word@host"})
        }
    )
    write_task(tmp_path, FittingTask(task.documents, N_WORDS, task.kept, task.held, secret))
    again = read_task(tmp_path)
    assert again.settings == task.settings
    assert np.array_equal(again.documents, task.documents)
    for first, second in ((again.kept, task.kept), (again.held, task.held)):
        assert np.array_equal(first.starts, second.starts)
        assert np.array_equal(first.item_idx, second.item_idx)
        assert first.n_items == second.n_items == 60
    assert "word@host" not in (tmp_path / "task.json").read_text()


def test_a_folder_that_a_process_does_not_see_says_where_it_should_be(tmp_path):
    with pytest.raises(MarsBatchError, match="disk that all machines share"):
        read_task(tmp_path / "elsewhere")


def train_as_typed(path: str, *words: str):
    tree = small_settings().model_dump(mode="json")
    own = [
        f"{branch}.{name}={json.dumps(value)}"
        for branch in ("likes", "documents", "model", "training", "scoring")
        for name, value in tree[branch].items()
    ]
    typed = [word for setting in own for word in ("--set", setting)]
    command = ["--warehouse", path, *typed, "--json", "train", "--run-date", RUN_DATE.isoformat()]
    return CliRunner().invoke(main, [*command, *words])


@pytest.mark.long
def test_train_goes_through_spark_s_distributor_to_the_same_metric(night, tmp_path):
    copied = copy_night(night, tmp_path / "wh")
    result = train_as_typed(copied.warehouse.path, "--num-processes", "2")
    assert result.exit_code == 0, result.output
    manifest = json.loads(result.stdout)
    alone = night.registry.promoted().manifest
    assert manifest["settings"] == alone.settings.model_dump(mode="json")
    assert manifest["metrics"]["validation_map@500"] == pytest.approx(
        alone.metrics["validation_map@500"], abs=0.02
    )
    assert manifest["metrics"]["n_skipped_draws"] == alone.metrics["n_skipped_draws"]
    assert [line.split(":")[0] for line in result.stderr.splitlines() if "MAP@500 " in line] == [
        "epoch 1",
        "epoch 2",
        "epoch 3",
    ]
    assert list(copied.registry.folder.glob(".checkpoint-*")) == []


@pytest.mark.long
def test_what_stops_a_process_is_the_command_s_one_sentence(spark, tmp_path):
    task = task_of(learning_rate=1e38, optimizer="rmsprop")
    checkpoints = checkpoints_of(task, 2, tmp_path, print)
    with pytest.raises(MarsBatchError, match=r"^Training: the .* is nan in epoch 1") as caught:
        fit_in_processes(task, 2, spark, SilentProgress(), checkpoints, print)
    assert "\n" not in str(caught.value)
    assert not (checkpoints.folder / "processes").exists()


def test_a_gpu_is_refused_to_several_processes(spark):
    settings = task_of(device="cuda").settings
    assert settings_of_process(settings, 1, spark) is settings
    with pytest.raises(SettingsError, match=r"training\.device is 'cuda', but several processes"):
        settings_of_process(settings, 2, spark)


def test_processes_on_one_machine_share_the_threads(spark):
    settings = task_of(n_threads=5, device="auto").settings
    own = settings_of_process(settings, 2, spark).training
    assert (own.n_threads, own.device) == (2, "cpu")
    assert settings_of_process(settings, 9, spark).training.n_threads == 1
