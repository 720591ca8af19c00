"""Training in several processes gives what one gives, goes on, and ends in a sentence."""

import json
import os
import pickle
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from mars_model.bundle.vocabulary import Vocabulary
from mars_model.cli.main import main
from mars_model.errors import InputDataError, MarsBatchError, SettingsError
from mars_model.evaluation.fit import FittingTask, checkpoints_of, fit
from mars_model.evaluation.holdout import hold_out
from mars_model.evaluation.training_set import Texts
from mars_model.features.likes import LikeMatrix
from mars_model.fitting.distributed import fit_in_processes, sendable, settings_of_process
from mars_model.settings import ModelSettings, Settings, TrainingSettings
from tests.conftest import RUN_DATE, SilentProgress, small_settings
from tests.night.conftest import copy_night

WORDS = tuple(f"word{number}" for number in range(200))


def task_of(**changes) -> FittingTask:
    """Sixty items, eighty users, everything that may be random switched on but vector dropout."""
    rng = np.random.default_rng(0)
    documents = rng.integers(0, len(WORDS) + 1, (60, 12))
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
            precision="float32",  # bfloat16 rounds more than is compared here
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
    return FittingTask(Texts(Vocabulary(WORDS), documents), kept, held, settings)


class Stops(SilentProgress):
    """Is stopped as by Ctrl-C when it hears of an epoch; notes those that it hears of."""

    def __init__(self, at: int | None = None, how: Callable[[], None] | None = None) -> None:
        self.heard: list[int] = []
        self._at, self._how = at, how

    def on_epoch(self, record) -> None:
        self.heard.append(record.epoch)
        if record.epoch == self._at:
            self._how()


def interrupt() -> None:
    raise KeyboardInterrupt


def kill_the_second_process() -> None:
    """Kill the process of rank 1 that this one started, through others."""
    parent_of = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            (line,) = (n for n in status.read_text().splitlines() if n.startswith("PPid:"))
            parent_of[int(status.parent.name)] = int(line.split()[1])

    def is_mine(pid: int) -> bool:
        return pid == os.getpid() or (pid in parent_of and is_mine(parent_of[pid]))

    (second,) = (
        pid
        for pid in parent_of
        if is_mine(pid) and b"\0LOCAL_RANK=1\0" in Path(f"/proc/{pid}/environ").read_bytes()
    )
    os.kill(second, signal.SIGKILL)


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
def test_two_processes_train_what_one_trains_also_after_ctrl_c(spark, tmp_path):
    task = task_of(max_epochs=30, patience=30)
    alone = fit(task, None, checkpoints_of(task, 1, tmp_path, print))

    said = []
    checkpoints = checkpoints_of(task, 2, tmp_path, print)
    stopped = Stops(3, interrupt)
    with pytest.raises(KeyboardInterrupt):
        fit_in_processes(task, 2, spark, stopped, checkpoints, said.append)
    assert stopped.heard == [1, 2, 3] and said == []
    n_epochs = checkpoints.n_epochs()
    assert 3 <= n_epochs < 30

    going_on = Stops()
    fitted = fit_in_processes(task, 2, spark, going_on, checkpoints, said.append)
    assert said == [f"goes on after epoch {n_epochs}, kept in {checkpoints.folder}"]
    assert going_on.heard == list(range(1, 31))
    assert_same_training(alone, fitted)


@pytest.mark.long
def test_a_loss_that_is_no_number_is_one_sentence_from_all_processes(spark, tmp_path):
    task = task_of(learning_rate=1e38, optimizer="rmsprop")
    checkpoints = checkpoints_of(task, 2, tmp_path, print)
    with pytest.raises(MarsBatchError, match=r"^Training: the .* is nan in epoch 1") as caught:
        fit_in_processes(task, 2, spark, SilentProgress(), checkpoints, print)
    assert "\n" not in str(caught.value)
    assert checkpoints.n_epochs() == 0


@pytest.mark.long
def test_bad_input_in_the_processes_keeps_its_exit_code(spark, tmp_path):
    task = task_of()
    texts = replace(task.texts, documents=task.texts.documents[:59])
    task = replace(task, texts=texts)
    with pytest.raises(InputDataError, match="found 59 rows, expected 60"):
        fit_in_processes(
            task, 2, spark, SilentProgress(), checkpoints_of(task, 2, tmp_path, print), print
        )


@pytest.mark.long
def test_a_process_that_is_killed_is_a_sentence(spark, tmp_path):
    task = task_of(max_epochs=400, patience=400)
    checkpoints = checkpoints_of(task, 2, tmp_path, print)
    killed = Stops(2, kill_the_second_process)
    with pytest.raises(MarsBatchError, match=r"ended without a word|unexpected") as caught:
        fit_in_processes(task, 2, spark, killed, checkpoints, print)
    assert "\n" not in str(caught.value)
    assert killed.heard[:2] == [1, 2]
    assert 2 <= checkpoints.n_epochs() < 400


def test_a_process_gets_what_shapes_its_training_and_no_password():
    task = task_of()
    secret = task.settings.model_copy(
        update={
            "tracking": task.settings.tracking.model_copy(update={"uri": "http://me:word@host"})
        }
    )
    sent = sendable(replace(task, settings=secret))
    assert sent == task
    assert b"word@host" not in pickle.dumps(sent)


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
