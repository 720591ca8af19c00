"""Writes a trained network as a bundle: graphs that were checked, vocabulary, item factors."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mars_model.bundle.item_factors import ItemFactors
from mars_model.bundle.manifest import FACTORS_FILE, TrainedWith
from mars_model.bundle.registry import Bundle, Registry
from mars_model.bundle.sealed_file import seal
from mars_model.bundle.vocabulary import Vocabulary
from mars_model.evaluation.fit import Fitted
from mars_model.evaluation.training_set import TrainingData
from mars_model.scoring.sessions import Attention, open_attention, open_encoder
from mars_model.settings import AttentionKind, ModelSettings, Settings
from mars_model.training.export import export_network
from mars_model.training.export_check import RunAttention, RunEncoder, check_export
from mars_model.training.network import MarsNetwork, all_biases, all_free_vectors


def write_bundle(
    registry: Registry,
    data: TrainingData,
    settings: Settings,
    n_likes: NDArray[np.int64],
    fitted: Fitted,
    is_synthetic: bool,
) -> Bundle:
    """Write a trained network as a bundle of the registry, or nothing where its export differs.

    `n_likes` [n_items]: each item's likes in training.
    """
    result = fitted.result
    write_files = partial(
        write_bundle_files,
        network=fitted.network,
        settings=settings.model,
        vocabulary=data.texts.vocabulary,
        documents=data.texts.documents,
        item_ids=data.item_ids,
        n_likes=n_likes,
    )
    trained_with = TrainedWith(
        likes=settings.likes,
        documents=settings.documents,
        model=settings.model,
        training=settings.training,
    )
    facts = {
        "validation_map@500": result.best_validation,
        "n_validation_users": fitted.n_validation_users,
        "best_epoch": result.best_epoch,
        "n_epochs": result.n_epochs,
        "n_skipped_draws": result.n_skipped_draws,
        "n_sampled_candidates": result.n_sampled_candidates,
        "n_users": data.likes.n_users,
        "n_likes": data.likes.n_likes,
    }
    return registry.write(write_files, trained_with, data.versions, facts, is_synthetic)


def write_bundle_files(
    folder: Path,
    network: MarsNetwork,
    settings: ModelSettings,
    vocabulary: Vocabulary,
    documents: NDArray[np.int64],
    item_ids: NDArray[np.generic],
    n_likes: NDArray[np.int64],
) -> None:
    """Write `model_files` of a trained network into an existing folder.

    Shapes: `documents` [n_items, L]; `item_ids` and `n_likes` (in training) [n_items].
    Raises MarsBatchError where network, ONNX and a plain loop disagree.
    """
    export_network(network, folder, settings.attention)

    def open_by_rows(path: Path) -> RunAttention:
        return partial(_attend, open_attention(seal(path)), settings.attention)

    def open_written(path: Path) -> RunEncoder:
        return open_encoder(seal(path))

    check_export(network, folder, open_written, open_by_rows, documents, settings.attention)
    vocabulary.write(folder / "vocabulary.txt")
    if settings.has_item_factors:
        item_factors(network, item_ids, n_likes).write(folder / FACTORS_FILE)


def item_factors(
    network: MarsNetwork, item_ids: NDArray[np.generic], n_likes: NDArray[np.int64]
) -> ItemFactors:
    """The factors of the items that have any: those liked in training."""
    liked = np.flatnonzero(n_likes)
    return ItemFactors(
        item_ids[liked],
        all_free_vectors(network.item_encoder, len(n_likes))[liked],
        all_free_vectors(network.user_encoder, len(n_likes))[liked],
        all_biases(network, len(n_likes))[liked],
    )


def _attend(
    attention: Attention,
    kind: AttentionKind,
    histories: Sequence[NDArray[np.int64]],
    memory: NDArray[np.float32],
    candidates: NDArray[np.float32],
    item_bias: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Scores by the sums of the graph's rows, history by history, written out."""
    n_candidates = len(candidates)
    n_columns = n_candidates if kind == "evidence" else 2 * n_candidates
    weighted = np.empty((len(memory), n_columns), dtype=np.float32)
    attention.weigh(memory, candidates, np.zeros(n_candidates, dtype=np.float32), weighted)
    sums = np.stack([weighted[rows].sum(axis=0) for rows in histories])
    if kind == "evidence":
        return np.asarray(np.log(sums) + item_bias, dtype=np.float32)
    divisor = 1 if kind == "sum" else sums[:, :n_candidates]
    return np.asarray(sums[:, n_candidates:] / divisor + item_bias, dtype=np.float32)
