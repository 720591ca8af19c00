"""What a training tells: of each step, of each epoch, and at its end."""

import math
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class EpochRecord:
    """One epoch: its number from 1, mean loss of its steps, validation metric, skipped draws."""

    epoch: int
    loss: float
    validation: float
    n_skipped_draws: int


# What is best before the first epoch.
NO_EPOCH = EpochRecord(epoch=0, loss=math.nan, validation=-math.inf, n_skipped_draws=0)


@dataclass(frozen=True)
class TrainingResult:
    """What training did; the network holds the weights of `best_epoch`.

    `n_sampled_candidates` is 1 for pairs, 0 where every like met the whole catalogue.
    """

    history: tuple[EpochRecord, ...]
    best_epoch: int
    best_validation: float
    n_sampled_candidates: int

    @property
    def n_epochs(self) -> int:
        """Epochs run, those after the best one included."""
        return len(self.history)

    @property
    def n_skipped_draws(self) -> int:
        """Draws of all epochs that gave no training example."""
        return sum(record.n_skipped_draws for record in self.history)


class Progress(Protocol):
    """Hears of every step and of every finished epoch; steps and epochs count from 1.

    Of a training that goes on from a checkpoint it first hears the epochs finished before.
    """

    def on_step(self, epoch: int, n_epochs: int, step: int, n_steps: int, loss: float) -> None:
        """Called after each step with its loss; `n_epochs` is how many there may be."""

    def on_epoch(self, record: EpochRecord) -> None:
        """Called after each epoch's validation."""
