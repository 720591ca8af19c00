"""Fits a network in several processes, started by PySpark's TorchDistributor."""

import io
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout

from pyspark.ml.torch.distributor import TorchDistributor
from pyspark.sql import SparkSession

from mars_model.errors import MarsBatchError, SettingsError
from mars_model.runners.exchange import read_error, read_fitted, write_task
from mars_model.runners.fitting import Fitted, FittingTask
from mars_model.runners.training_process import MARK
from mars_model.settings import Settings
from mars_model.training.checkpoint import Checkpoints
from mars_model.training.loop import EpochRecord, Progress

_ENTRY = "mars_model.runners.training_process"


def is_on_one_machine(spark: SparkSession) -> bool:
    """Whether Spark runs on this machine alone, and so the processes will."""
    return str(spark.sparkContext.master).split("[")[0] == "local"


def settings_of_process(settings: Settings, n_processes: int, spark: SparkSession) -> Settings:
    """A process's own: it has a part of the threads where all are on one machine, and no GPU.

    Raises SettingsError where a GPU is wanted.
    """
    if n_processes == 1:
        return settings
    if settings.training.device == "cuda":
        raise SettingsError(
            "training.device is 'cuda', but several processes train on processors only. Set it to "
            "auto or cpu, or train in one process"
        )
    n_threads = settings.training.n_threads
    if is_on_one_machine(spark):
        n_threads = max(1, n_threads // n_processes)
    training = settings.training.model_copy(update={"n_threads": n_threads, "device": "cpu"})
    return settings.model_copy(update={"training": training})


def fit_in_processes(
    task: FittingTask,
    n_processes: int,
    spark: SparkSession,
    progress: Progress,
    checkpoints: Checkpoints,
    say: Callable[[str], None],
) -> Fitted:
    """Fit as `fit` does, each process with its share of every batch.

    Raises what a process raised, or MarsBatchError where one ended without a word.
    """
    folder = checkpoints.folder / "processes"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        write_task(folder, task)
        distributor = TorchDistributor(n_processes, is_on_one_machine(spark), use_gpu=False)
        distributor.logger.setLevel(logging.WARNING)
        try:
            with redirect_stdout(_Reported(progress, say)), _unbuffered():
                # torchrun's -m: a module's name is the same on every machine, its path may not be.
                distributor.run("-m", _ENTRY, str(folder.absolute()))
        except MarsBatchError:
            raise
        except Exception as error:  # torchrun's or, on a cluster, one of Spark's many kinds
            raise read_error(folder) or MarsBatchError(
                f"training in {n_processes} processes: one of them ended without a word. It may "
                "have lacked memory: train in fewer processes, or see its output with --verbose"
            ) from error
        return read_fitted(folder, task)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Reported(io.TextIOBase):
    """Takes the processes' output; passes on what is reported, and leaves out the rest."""

    def __init__(self, progress: Progress, say: Callable[[str], None]) -> None:
        self._progress, self._say = progress, say
        self._line = ""

    def write(self, text: str) -> int:
        """Take some of the output."""
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            if line.startswith(MARK):
                self._hear(json.loads(line.removeprefix(MARK)))
        return len(text)

    def _hear(self, report: dict[str, object]) -> None:
        match report:
            case {"epoch": dict(record)}:
                self._progress.on_epoch(EpochRecord(**record))
            case {"say": str(sentence)}:
                self._say(sentence)


@contextmanager
def _unbuffered() -> Iterator[None]:
    """Let processes started here report each epoch at once and not at their end."""
    before = os.environ.get("PYTHONUNBUFFERED")
    os.environ["PYTHONUNBUFFERED"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONUNBUFFERED"]
        else:
            os.environ["PYTHONUNBUFFERED"] = before
