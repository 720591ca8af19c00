"""One epoch of training: the steps of an objective.

Source: Algorithm 1; docs/model.md, decision 7.
"""

import math
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from mars_model.errors import MarsBatchError
from mars_model.training.derived_settings import SettledTraining
from mars_model.training.epoch_records import Progress
from mars_model.training.processes import ALONE, Processes
from mars_model.training.state import TrainingState
from mars_model.training.step_vectors import StepVectors


class Objective(Protocol):
    """What training minimises; a batch is what it draws for this process.

    A batch counts its `n_skipped` draws; `share` is its part of what all processes draw for the
    step, 0 where nothing is left for this one.
    """

    n_sampled_candidates: int  # items a like is compared with; 0: with all of them

    @property
    def n_steps(self) -> int:
        """Steps of an epoch."""

    def draw_epoch(self, rng: np.random.Generator) -> Iterator[Any]:
        """Draw the batches of an epoch."""

    def loss(self, vectors: StepVectors, batch: Any) -> Tensor:
        """Return the loss of one batch."""


def train_epoch(
    state: TrainingState,
    documents: Tensor,
    objective: Objective,
    settings: SettledTraining,
    progress: Progress | None,
    processes: Processes = ALONE,
) -> tuple[float, int]:
    """Take the next epoch's steps; return their mean loss and the number of skipped draws.

    An epoch's randomness depends on the seed and its number, not on the epochs before it.
    Raises MarsBatchError where the loss, or a weight at the end, is not a number.
    """
    epoch = len(state.records) + 1
    rng = np.random.default_rng((settings.seed, epoch))
    torch.manual_seed(int(rng.integers(2**62)))
    loss, n_skipped, n_steps = 0.0, 0, objective.n_steps
    for step, batch in enumerate(objective.draw_epoch(rng), start=1):
        state.optimizer.zero_grad()
        own_loss = 0.0
        if batch.share:
            vectors = StepVectors(state.network, documents, settings)
            own_part = objective.loss(vectors, batch) * batch.share
            own_part.backward()
            own_loss = own_part.item()
        value, n_step_skipped = processes.add_up(state.network, own_loss, batch.n_skipped)
        if not math.isfinite(value):
            raise not_a_number("loss", value, f"in epoch {epoch} at step {step}", settings)
        state.optimizer.step((epoch - 1 + (step - 1) / n_steps) / settings.max_epochs)
        state.average.update()
        loss += value / n_steps
        n_skipped += n_step_skipped
        if progress is not None:
            progress.on_step(epoch, settings.max_epochs, step, n_steps, value)
    if not state.is_finite():
        # The last step's gradient: no later loss would tell.
        when = f"in epoch {epoch} after step {n_steps}, its last"
        raise not_a_number("value of a weight", math.nan, when, settings)
    return loss, n_skipped


def not_a_number(what: str, value: float, when: str, settings: SettledTraining) -> MarsBatchError:
    """Return the error for a quantity that should have been a finite number."""
    return MarsBatchError(
        f"Training: the {what} is {value} {when}, expected a finite number. Lower "
        f"training.learning_rate (now {settings.learning_rate}) and train again."
    )
