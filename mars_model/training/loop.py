"""The training loop: epochs, early stopping by a validation metric, checkpoints.

Source: Algorithm 1; docs/model.md, decision 8.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mars_model.errors import InputDataError
from mars_model.features.likes import LikeMatrix
from mars_model.settings import AttentionKind
from mars_model.training.catalogue_objective import CatalogueObjective
from mars_model.training.checkpoint import Checkpoints
from mars_model.training.derived_settings import SettledTraining
from mars_model.training.epoch import Objective, not_a_number, train_epoch
from mars_model.training.epoch_records import EpochRecord, Progress, TrainingResult
from mars_model.training.network import MarsNetwork, all_vectors
from mars_model.training.processes import ALONE, Processes
from mars_model.training.reproducible import pick_device, reproducible
from mars_model.training.sampled_objective import SampledObjective
from mars_model.training.state import TrainingState

FloatArray = NDArray[np.float32]
# Takes candidate and memory vectors [n_items, K] and biases [n_items]; higher is better.
Validate = Callable[[FloatArray, FloatArray, FloatArray], float]


def train(
    network: MarsNetwork,
    documents: NDArray[np.int64],
    likes: LikeMatrix,
    settings: SettledTraining,
    validate: Validate,
    progress: Progress | None = None,
    checkpoints: Checkpoints | None = None,
    processes: Processes = ALONE,
) -> TrainingResult:
    """Train the network in place and leave it, on the CPU, with the weights of its best epoch.

    Args:
        documents: `[n_items, L]` int64, 0 pads behind the last word.
        likes: training likes of users x items.
        validate: called after each epoch with the vectors and biases of all items.
        checkpoints: where this very training is kept after each epoch, and goes on from.
        processes: those that train together; only the first one validates and keeps epochs.
    Raises:
        InputDataError: documents and likes disagree on the items, or no user can train.
        SettingsError: the device asked for is missing.
        MarsBatchError: the loss, a weight or the validation metric is not a number, or the
            processes found different checkpoints.
    The same arguments give the same weights, bit for bit, on the same machine's CPU, interrupted
    or not.
    """
    objective = _objective(documents, likes, settings, network.attention, processes)
    device = pick_device(settings.device)
    with reproducible(settings.n_threads, is_exact=device.type == "cpu"):
        network.to(device)
        words = torch.tensor(documents, device=device)
        state = TrainingState(network, settings, objective.n_steps)
        if checkpoints is not None:
            checkpoints.load(state)
            processes.check_same_epoch(len(state.records))
        if progress is not None:
            for record in state.records:
                progress.on_epoch(record)
        while not state.is_finished:
            _run_epoch(state, words, objective, settings, validate, progress, processes)
            if checkpoints is not None and processes.is_first:
                checkpoints.save(state)
            if progress is not None:
                progress.on_epoch(state.records[-1])
        network.load_state_dict(state.best_weights)
        network.to("cpu")
    best, n_sampled = state.best, objective.n_sampled_candidates
    return TrainingResult(tuple(state.records), best.epoch, best.validation, n_sampled)


def _objective(
    documents: NDArray[np.int64],
    likes: LikeMatrix,
    settings: SettledTraining,
    attention: AttentionKind,
    processes: Processes,
) -> Objective:
    if len(documents) != likes.n_items:
        raise InputDataError(
            f"documents: found {len(documents)} rows, expected {likes.n_items}, one for each item "
            "of the likes. Rebuild both from the same snapshot of the items."
        )
    kind = CatalogueObjective if settings.objective == "catalogue" else SampledObjective
    return kind(likes, settings, attention, processes)


def _run_epoch(
    state: TrainingState,
    words: Tensor,
    objective: Objective,
    settings: SettledTraining,
    validate: Validate,
    progress: Progress | None,
    processes: Processes,
) -> None:
    """Train the next epoch, validate its averaged weights, and record it."""
    epoch = len(state.records) + 1
    loss, n_skipped = train_epoch(state, words, objective, settings, progress, processes)
    metric = processes.from_first(
        lambda: float(validate(*all_vectors(state.average.network, words)))
    )
    if math.isnan(metric):
        raise not_a_number("validation metric", metric, f"after epoch {epoch}", settings)
    state.finish_epoch(EpochRecord(epoch, loss, metric, n_skipped))
