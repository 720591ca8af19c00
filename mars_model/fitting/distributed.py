"""Fits a network in several processes, started by PySpark's TorchDistributor."""

import io
import json
import logging
import os
import shutil
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO

from pyspark.ml.torch.distributor import TorchDistributor
from pyspark.sql import SparkSession

from mars_model.errors import MarsBatchError, SettingsError
from mars_model.evaluation.fit import Fitted, FittingTask
from mars_model.fitting.exchange import is_fitted, read_error, read_fitted, write_task
from mars_model.fitting.training_process import MARK
from mars_model.settings import Settings
from mars_model.tables.session import is_on_one_machine
from mars_model.training.checkpoint import Checkpoints
from mars_model.training.loop import EpochRecord, Progress

_ENTRY = "mars_model.fitting.training_process"
_LINES_KEPT = 200
_UNBUFFERED = "PYTHONUNBUFFERED"


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
    if is_on_one_machine(spark.sparkContext):
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
        is_local = is_on_one_machine(spark.sparkContext)
        distributor = TorchDistributor(n_processes, is_local, use_gpu=False)
        distributor.logger.setLevel(logging.WARNING)
        output = _Output(progress, say, sys.stderr)
        cause: Exception | None = None
        try:
            # On a cluster the distributor writes what processes print to stderr.
            with redirect_stdout(output), redirect_stderr(output), _unbuffered(spark):
                # torchrun's -m: a module's name is the same on every machine, its path may not be.
                distributor.run("-m", _ENTRY, str(folder.absolute()))
        except MarsBatchError:
            raise
        except Exception as error:  # torchrun's or, on a cluster, one of Spark's many kinds
            cause = error
        # On one machine a process that failed does not make the distributor fail.
        if not is_fitted(folder):
            raise read_error(folder) or MarsBatchError(
                f"training in {n_processes} processes: one of them ended without a word. It may "
                "have lacked memory: train in fewer processes, or see its output with --verbose"
            ) from (cause or RuntimeError(output.tail()))
        return read_fitted(folder, task)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Output(io.TextIOBase):
    """Takes the processes' output; passes on what is reported, and keeps the end of the rest."""

    def __init__(self, progress: Progress, say: Callable[[str], None], stderr: TextIO) -> None:
        self._progress, self._say, self._stderr = progress, say, stderr
        self._line = ""
        self._rest: deque[str] = deque(maxlen=_LINES_KEPT)

    def tail(self) -> str:
        """The last lines that were no reports, a process's stack trace among them."""
        return "\n".join([*self._rest, self._line])

    def write(self, text: str) -> int:
        """Take some of the output."""
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            if line.startswith(MARK):
                self._hear(json.loads(line.removeprefix(MARK)))
            else:
                self._rest.append(line)
        return len(text)

    def _hear(self, report: dict[str, Any]) -> None:
        # Who is told speaks on stderr, which is redirected to here.
        with redirect_stderr(self._stderr):
            if "epoch" in report:
                self._progress.on_epoch(EpochRecord(**report["epoch"]))
            else:
                self._say(report["say"])


@contextmanager
def _unbuffered(spark: SparkSession) -> Iterator[None]:
    """Let processes, started here or by Spark's workers, report at once and not at their end."""
    before = os.environ.get(_UNBUFFERED)
    of_workers = spark.sparkContext.environment
    os.environ[_UNBUFFERED] = of_workers[_UNBUFFERED] = "1"
    try:
        yield
    finally:
        del os.environ[_UNBUFFERED], of_workers[_UNBUFFERED]
        if before is not None:
            os.environ[_UNBUFFERED] = before
