"""The training loop: sampled batches, RMSprop, early stopping by a validation metric.

Source: Algorithm 1; docs/model.md, decisions 7 and 8.
"""

import math
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from mars_model.errors import InputDataError, MarsBatchError
from mars_model.features.likes import LikeMatrix
from mars_model.settings import TrainingSettings
from mars_model.training.network import MarsNetwork, TextEncoder, encode_all
from mars_model.training.objective import PairwiseLoss, pairwise_loss
from mars_model.training.reproducible import reproducible
from mars_model.training.sampling import ExampleSampler, TrainingBatch

# Takes candidate vectors and memory vectors, both [n_items, K]; higher is better.
Validate = Callable[[NDArray[np.float32], NDArray[np.float32]], float]


@dataclass(frozen=True)
class EpochRecord:
    """One epoch: its number from 1, mean loss of its steps, validation metric, skipped draws."""

    epoch: int
    loss: float
    validation: float
    n_skipped_draws: int


@dataclass(frozen=True)
class TrainingResult:
    """What training did; the network holds the weights of `best_epoch`."""

    history: tuple[EpochRecord, ...]
    best_epoch: int
    best_validation: float

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
) -> TrainingResult:
    """Train the network in place and leave it with the weights of its best epoch.

    Args:
        documents: `[n_items, L]` int64, 0 pads behind the last word.
        likes: training likes of users x items.
        validate: called after each epoch with the vectors of all items.
    Raises:
        InputDataError: documents and likes disagree on the items, or no user can train.
        MarsBatchError: the loss or the validation metric is not a number.
    The same arguments give the same weights, bit for bit, on the same machine.
    """
    if len(documents) != likes.n_items:
        raise InputDataError(
            f"documents: found {len(documents)} rows, expected {likes.n_items}, one for each item "
            "of the likes. Rebuild both from the same snapshot of the items."
        )
    sampler = ExampleSampler(likes, settings.batch_size, settings.max_memory)
    rng = np.random.default_rng(settings.seed)
    history: list[EpochRecord] = []
    best = EpochRecord(epoch=0, loss=math.nan, validation=-math.inf, n_skipped_draws=0)
    best_state = deepcopy(network.state_dict())
    with reproducible(settings.seed, settings.n_threads):
        optimizer = torch.optim.RMSprop(network.parameters(), lr=settings.learning_rate)
        for epoch in range(1, settings.max_epochs + 1):
            loss, n_skipped = _train_epoch(
                network, optimizer, documents, sampler, rng, settings, epoch, progress
            )
            metric = _validate(network, documents, validate)
            if math.isnan(metric):
                raise _not_a_number("validation metric", metric, f"after epoch {epoch}", settings)
            history.append(EpochRecord(epoch, loss, metric, n_skipped))
            if progress is not None:
                progress.on_epoch(history[-1])
            if metric > best.validation:
                best, best_state = history[-1], deepcopy(network.state_dict())
            elif epoch - best.epoch >= settings.patience:
                break
    network.load_state_dict(best_state)
    return TrainingResult(tuple(history), best.epoch, best.validation)


def _train_epoch(
    network: MarsNetwork,
    optimizer: torch.optim.Optimizer,
    documents: NDArray[np.int64],
    sampler: ExampleSampler,
    rng: np.random.Generator,
    settings: TrainingSettings,
    epoch: int,
    progress: Progress | None,
) -> tuple[float, int]:
    """Take one epoch's steps; return their mean loss and the number of skipped draws."""
    loss, n_skipped, n_steps = 0.0, 0, sampler.n_batches
    for step in range(1, n_steps + 1):
        batch = sampler.draw(rng)
        step_loss = _take_step(network, optimizer, documents, batch, settings)
        if not math.isfinite(step_loss):
            raise _not_a_number("loss", step_loss, f"in epoch {epoch} at step {step}", settings)
        loss += step_loss / n_steps
        n_skipped += batch.n_skipped
        if progress is not None:
            progress.on_step(epoch, step, n_steps, step_loss)
    return loss, n_skipped


def batch_loss(
    network: MarsNetwork,
    documents: NDArray[np.int64],
    batch: TrainingBatch,
    settings: TrainingSettings,
) -> PairwiseLoss:
    """Return the loss of one batch; each item's document is encoded once, as each encoder asks."""
    candidate_idx = np.stack([batch.positive_idx, batch.negative_idx])
    candidates = _encode_items(network.item_encoder, documents, candidate_idx)
    memory = _encode_items(network.user_encoder, documents, batch.memory_idx)
    return pairwise_loss(
        memory=memory,
        memory_mask=torch.from_numpy(batch.memory_mask),
        positive=candidates[0],
        negative=candidates[1],
        user_penalty=settings.user_penalty,
        item_penalty=settings.item_penalty,
    )


def _encode_items(
    encoder: TextEncoder, documents: NDArray[np.int64], item_idx: NDArray[np.int64]
) -> Tensor:
    """Encode the items of an index array of any shape to `[*shape, K]`."""
    unique, inverse = np.unique(item_idx, return_inverse=True)
    vectors = encoder(torch.from_numpy(documents[unique]))
    # embedding, not indexing: its backward pass adds up rows in parallel and in a fixed order.
    return functional.embedding(torch.from_numpy(inverse.reshape(item_idx.shape)), vectors)


def _take_step(
    network: MarsNetwork,
    optimizer: torch.optim.Optimizer,
    documents: NDArray[np.int64],
    batch: TrainingBatch,
    settings: TrainingSettings,
) -> float:
    """Move the weights along one batch's gradient; a loss that is no number moves nothing."""
    optimizer.zero_grad()
    loss = batch_loss(network, documents, batch, settings).total
    value = loss.item()
    if math.isfinite(value):
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return value


def _validate(network: MarsNetwork, documents: NDArray[np.int64], validate: Validate) -> float:
    """Encode all items with both encoders and return the metric of their vectors."""
    encoders = (network.item_encoder, network.user_encoder)
    return float(validate(*(encode_all(encoder, documents) for encoder in encoders)))


def _not_a_number(what: str, value: float, when: str, settings: TrainingSettings) -> MarsBatchError:
    """Return the error for a quantity that should have been a finite number."""
    return MarsBatchError(
        f"Training: the {what} is {value} {when}, expected a finite number. Lower "
        f"training.learning_rate (now {settings.learning_rate}) and train again."
    )
