"""Fits a network to likes: arrays → the weights of the best epoch, by validation on held-out likes.

The part of `train` that needs neither Spark nor the warehouse, and all that comparing needs of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.training_set import Texts
from mars_model.evaluation.validation import validation_of
from mars_model.features.likes import LikeMatrix
from mars_model.scoring.sessions import Attention, attention_in_memory
from mars_model.settings import ModelSettings, Settings
from mars_model.training.checkpoint import Checkpoints, checkpoint_name
from mars_model.training.derived_settings import settle
from mars_model.training.epoch_records import Progress, TrainingResult
from mars_model.training.export import attention_graph
from mars_model.training.loop import train
from mars_model.training.network import MarsNetwork, build_network
from mars_model.training.processes import ALONE, Processes
from mars_model.training.text_start import start_from_documents


@dataclass(frozen=True)
class FittingTask:
    """The items' texts, the likes to learn from and those held out, and how to learn."""

    texts: Texts
    kept: LikeMatrix
    held: LikeMatrix
    settings: Settings

    @property
    def n_likes(self) -> NDArray[np.int64]:
        """Each item's likes to learn from, `[n_items]`."""
        return np.bincount(self.kept.item_idx, minlength=self.kept.n_items)


@dataclass(frozen=True)
class Fitted:
    """A network with the weights of its best epoch, and how it went."""

    network: MarsNetwork
    result: TrainingResult
    n_validation_users: int


def fit(
    task: FittingTask,
    progress: Progress | None = None,
    checkpoints: Checkpoints | None = None,
    processes: Processes = ALONE,
) -> Fitted:
    """Train from the beginning, or from a checkpoint of the same task."""
    settings, texts = task.settings, task.texts
    training = settle(settings, task.kept)
    network = build_network(
        texts.n_words, settings.model, training.seed, task.n_likes, training.logit_scale
    )
    if settings.model.starts_from_documents:
        start_from_documents(network, texts.documents, training.seed, texts.word_vectors)
    attention = attention_of(settings.model)
    validate, n_users = validation_of(attention, task.kept, task.held, settings)
    result = train(
        network,
        texts.documents,
        task.kept,
        training,
        validate,
        progress,
        checkpoints,
        processes,
    )
    return Fitted(network, result, n_users)


def attention_of(model: ModelSettings) -> Attention:
    """The graph that a night ranks with, which ranks in validation too; it has no weights."""
    graph = attention_graph(model.representation_size, model.attention)
    return attention_in_memory(graph.SerializeToString())


def checkpoints_of(
    task: FittingTask, n_processes: int, models: Path, say: Callable[[str], None]
) -> Checkpoints:
    """The checkpoints of this very task beside the bundles; `say` hears what becomes of them."""
    settings, texts = task.settings, task.texts
    shape = {
        "n_words": texts.n_words,
        "n_processes": n_processes,
        "model": settings.model.model_dump(mode="json"),
        "training": settings.training.model_dump(mode="json"),
    }
    likes = [part for m in (task.kept, task.held) for part in (m.starts, m.item_idx)]
    vectors = [] if texts.word_vectors is None else [texts.word_vectors]
    return Checkpoints(models, checkpoint_name(shape, [texts.documents, *likes, *vectors]), say)
