"""The training loop: an objective's steps, early stopping by a validation metric.

Source: Algorithm 1; docs/model.md, decisions 7 and 8.
"""

import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mars_model.errors import InputDataError, MarsBatchError
from mars_model.features.likes import LikeMatrix
from mars_model.settings import AttentionKind, TrainingSettings
from mars_model.training.averaging import AveragedWeights
from mars_model.training.catalogue_objective import CatalogueObjective
from mars_model.training.network import MarsNetwork, all_vectors
from mars_model.training.optimizer import DecayingOptimizer
from mars_model.training.reproducible import pick_device, reproducible
from mars_model.training.sampled_objective import SampledObjective
from mars_model.training.vectors import StepVectors

FloatArray = NDArray[np.float32]
# Takes candidate and memory vectors [n_items, K] and biases [n_items]; higher is better.
Validate = Callable[[FloatArray, FloatArray, FloatArray], float]


class Objective(Protocol):
    """What training minimises; a batch is what it draws, and counts its `n_skipped` draws."""

    n_sampled_candidates: int  # items a like is compared with; 0: with all of them

    @property
    def n_steps(self) -> int:
        """Steps of an epoch."""

    def draw_epoch(self, rng: np.random.Generator) -> Iterator[Any]:
        """Draw the batches of an epoch."""

    def loss(self, vectors: StepVectors, batch: Any) -> Tensor:
        """Return the loss of one batch."""


@dataclass(frozen=True)
class EpochRecord:
    """One epoch: its number from 1, mean loss of its steps, validation metric, skipped draws."""

    epoch: int
    loss: float
    validation: float
    n_skipped_draws: int


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
    """Hears of every step and of every finished epoch; steps and epochs count from 1."""

    def on_step(self, epoch: int, step: int, n_steps: int, loss: float) -> None:
        """Called after each step with its loss."""

    def on_epoch(self, record: EpochRecord) -> None:
        """Called after each epoch's validation."""


def train(
    network: MarsNetwork,
    documents: NDArray[np.int64],
    likes: LikeMatrix,
    settings: TrainingSettings,
    validate: Validate,
    progress: Progress | None = None,
    attention: AttentionKind = "softmax",
) -> TrainingResult:
    """Train the network in place and leave it, on the CPU, with the weights of its best epoch.

    Args:
        documents: `[n_items, L]` int64, 0 pads behind the last word.
        likes: training likes of users x items.
        validate: called after each epoch with the vectors and biases of all items.
        attention: how the model weighs a memory.
    Raises:
        InputDataError: documents and likes disagree on the items, or no user can train.
        SettingsError: the device asked for is missing.
        MarsBatchError: the loss or the validation metric is not a number.
    The same arguments give the same weights, bit for bit, on the same machine's CPU.
    """
    if len(documents) != likes.n_items:
        raise InputDataError(
            f"documents: found {len(documents)} rows, expected {likes.n_items}, one for each item "
            "of the likes. Rebuild both from the same snapshot of the items."
        )
    kind = CatalogueObjective if settings.objective == "catalogue" else SampledObjective
    objective: Objective = kind(likes, settings, attention)
    device = pick_device(settings.device)
    history: list[EpochRecord] = []
    best = EpochRecord(epoch=0, loss=math.nan, validation=-math.inf, n_skipped_draws=0)
    with reproducible(settings.n_threads, is_exact=device.type == "cpu"):
        network.to(device)
        words = torch.tensor(documents, device=device)
        optimizer = DecayingOptimizer(network, settings)
        average = AveragedWeights(network, settings.weight_averaging)
        best_state = deepcopy(network.state_dict())
        for epoch in range(1, settings.max_epochs + 1):
            loss, n_skipped = _train_epoch(
                network, optimizer, average, words, objective, settings, epoch, progress
            )
            metric = float(validate(*all_vectors(average.network, words)))
            if math.isnan(metric):
                raise _not_a_number("validation metric", metric, f"after epoch {epoch}", settings)
            history.append(EpochRecord(epoch, loss, metric, n_skipped))
            if progress is not None:
                progress.on_epoch(history[-1])
            if metric > best.validation:
                best, best_state = history[-1], deepcopy(average.network.state_dict())
            elif epoch - best.epoch >= settings.patience:
                break
        network.load_state_dict(best_state)
        network.to("cpu")
    n_sampled = objective.n_sampled_candidates
    return TrainingResult(tuple(history), best.epoch, best.validation, n_sampled)


def _train_epoch(
    network: MarsNetwork,
    optimizer: DecayingOptimizer,
    average: AveragedWeights,
    documents: Tensor,
    objective: Objective,
    settings: TrainingSettings,
    epoch: int,
    progress: Progress | None,
) -> tuple[float, int]:
    """Take one epoch's steps; return their mean loss and the number of skipped draws.

    An epoch's randomness depends on the seed and its number, not on the epochs before it.
    """
    rng = np.random.default_rng((settings.seed, epoch))
    torch.manual_seed(int(rng.integers(2**62)))
    loss, n_skipped, n_steps = 0.0, 0, objective.n_steps
    for step, batch in enumerate(objective.draw_epoch(rng), start=1):
        optimizer.zero_grad()
        step_loss = objective.loss(StepVectors(network, documents, settings), batch)
        value = step_loss.item()
        if not math.isfinite(value):
            raise _not_a_number("loss", value, f"in epoch {epoch} at step {step}", settings)
        step_loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        average.update()
        loss += value / n_steps
        n_skipped += batch.n_skipped
        if progress is not None:
            progress.on_step(epoch, step, n_steps, value)
    return loss, n_skipped


def _not_a_number(what: str, value: float, when: str, settings: TrainingSettings) -> MarsBatchError:
    """Return the error for a quantity that should have been a finite number."""
    return MarsBatchError(
        f"Training: the {what} is {value} {when}, expected a finite number. Lower "
        f"training.learning_rate (now {settings.learning_rate}) and train again."
    )
