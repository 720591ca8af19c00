"""Fits a network in several processes: PySpark's TorchDistributor calls one function in each."""

import io
import json
import logging
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TextIO

from pyspark.ml.torch.distributor import TorchDistributor
from pyspark.sql import SparkSession

from mars_model.errors import MarsBatchError, SettingsError
from mars_model.evaluation.fit import Fitted, FittingTask, fit
from mars_model.settings import Settings
from mars_model.tables.session import is_on_one_machine
from mars_model.training.checkpoint import Checkpoints
from mars_model.training.epoch_records import EpochRecord, Progress
from mars_model.training.processes import join_processes

# In front of a line of a process's stdout that `train` is to understand: {kind: what}.
_MARK = "mars-batch: "
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

    Raises what the processes raised, or MarsBatchError where one ended without a word.
    """
    distributor = TorchDistributor(
        n_processes, is_on_one_machine(spark.sparkContext), use_gpu=False
    )
    distributor.logger.setLevel(logging.WARNING)
    output = _Output(progress, say, sys.stderr)
    try:
        # On a cluster the distributor writes what processes print to stderr.
        with redirect_stdout(output), redirect_stderr(output), _unbuffered(spark):
            outcome = distributor.run(fit_share, sendable(task), checkpoints.folder.absolute())
    except MarsBatchError:
        raise
    except Exception as error:  # torchrun's or, on a cluster, one of Spark's many kinds
        raise MarsBatchError(
            output.failure
            or f"training in {n_processes} processes: one of them ended without a word. It may "
            "have lacked memory: train in fewer processes, or see its output with --verbose"
        ) from RuntimeError(f"{error}\n{output.tail()}")
    if isinstance(outcome, MarsBatchError):
        raise outcome
    assert isinstance(outcome, Fitted)
    return outcome


def sendable(task: FittingTask) -> FittingTask:
    """The task with what shapes a training alone: a tracking address may hold a password."""
    shaping = task.settings.model_dump(include={"model", "training", "scoring"})
    return replace(task, settings=Settings.model_validate(shaping))


def fit_share(task: FittingTask, folder: Path) -> Fitted | MarsBatchError:
    """Fit as one of the processes; `folder` is the checkpoint's.

    Returns, in the first process of a machine, what was fitted or why it cannot be: all processes
    come to the same error. Any other exception is reported, and ends the process.
    """
    try:
        with join_processes() as processes:
            reports = _Reports() if processes.is_first else None
            say = reports.say if reports else lambda sentence: None
            checkpoints = Checkpoints(folder.parent, folder.name, say)
            outcome: Fitted | MarsBatchError
            try:
                outcome = fit(task, reports, checkpoints, processes)
            except MarsBatchError as error:
                outcome = error
    except Exception as error:
        first_line = (str(error).strip().splitlines() or [""])[0]
        kind = type(error).__name__
        _report("failure", f"a training process: unexpected {kind}: {first_line[:2000]}")
        raise
    if os.environ["LOCAL_RANK"] != "0":
        sys.exit()  # the distributor has one file a machine for what its processes return
    return outcome


def _report(kind: str, what: Any) -> None:
    print(_MARK + json.dumps({kind: what}), flush=True)


class _Reports:
    """Tells `train` of finished epochs, and what is to be said, by lines on stdout."""

    def on_step(self, epoch: int, n_epochs: int, step: int, n_steps: int, loss: float) -> None:
        """Steps are not reported."""

    def on_epoch(self, record: EpochRecord) -> None:
        """An epoch was validated."""
        _report("epoch", asdict(record))

    def say(self, sentence: str) -> None:
        """A sentence for people."""
        _report("say", sentence)


class _Output(io.TextIOBase):
    """Takes the processes' output; passes on what is reported, and keeps the end of the rest."""

    def __init__(self, progress: Progress, say: Callable[[str], None], stderr: TextIO) -> None:
        self._progress, self._say, self._stderr = progress, say, stderr
        self._line = ""
        self._rest: deque[str] = deque(maxlen=_LINES_KEPT)
        self.failure = ""  # of the first process that failed; the others follow from it

    def tail(self) -> str:
        """The last lines that were no reports, a process's stack trace among them."""
        return "\n".join([*self._rest, self._line])

    def write(self, text: str) -> int:
        """Take some of the output."""
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            if line.startswith(_MARK):
                self._hear(json.loads(line.removeprefix(_MARK)))
            else:
                self._rest.append(line)
        return len(text)

    def _hear(self, report: dict[str, Any]) -> None:
        # Who is told speaks on stderr, which is redirected to here.
        with redirect_stderr(self._stderr):
            if "epoch" in report:
                self._progress.on_epoch(EpochRecord(**report["epoch"]))
            elif "say" in report:
                self._say(report["say"])
            else:
                self.failure = self.failure or report["failure"]


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
