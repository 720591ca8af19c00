"""Runs train: tables → arrays → a trained network → a checked bundle in the registry."""

import tempfile
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.bundle.manifest import TrainedWith
from mars_model.bundle.registry import Bundle, Registry
from mars_model.bundle.vocabulary import Vocabulary
from mars_model.errors import InputDataError
from mars_model.evaluation.average_precision import mean_average_precision
from mars_model.evaluation.holdout import hold_out
from mars_model.features.documents import count_words
from mars_model.features.likes import LikeMatrix
from mars_model.runners.exporting import write_bundle_files
from mars_model.runners.features import build_documents, build_histories
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.sessions import Attention, open_attention
from mars_model.scoring.top_n import shortlist
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse
from mars_model.training.export import export_network
from mars_model.training.loop import Progress, TrainingResult, Validate, train
from mars_model.training.network import build_network

CUTOFF = 500


@dataclass(frozen=True)
class TrainingData:
    """Arrays by item position: ids [n_items], documents [n_items, L], likes of those who train."""

    vocabulary: Vocabulary
    item_ids: NDArray[np.generic]
    documents: NDArray[np.int64]
    likes: LikeMatrix
    versions: dict[str, int]


@dataclass(frozen=True)
class Trained:
    """A bundle and how its training went."""

    bundle: Bundle
    result: TrainingResult


def train_model(
    warehouse: Warehouse,
    registry: Registry,
    settings: Settings,
    run_date: date,
    progress: Progress,
) -> Trained:
    """Train on the likes before the run date, check the export, write the bundle, promote it."""
    data = read_training_data(warehouse, settings, run_date)
    kept, held = hold_out(data.likes, settings.training.validation_share, settings.training.seed)
    n_likes = np.bincount(kept.item_idx, minlength=kept.n_items)
    network = build_network(
        len(data.vocabulary.words), settings.model, settings.training.seed, n_likes
    )
    weighing = settings.model.attention
    with tempfile.TemporaryDirectory(prefix="mars-train-") as folder:
        # The graph that a night ranks with ranks in validation too; it has no weights.
        attention = open_attention(export_network(network, Path(folder), weighing).attention)
    validate, n_validation_users = _validation(attention, kept, held, settings)
    result = train(network, data.documents, kept, settings.training, validate, progress, weighing)

    write_files = partial(
        write_bundle_files,
        network=network,
        settings=settings.model,
        vocabulary=data.vocabulary,
        documents=data.documents,
        item_ids=data.item_ids,
        n_likes=n_likes,
    )
    bundle = registry.write(
        write_files,
        TrainedWith(
            likes=settings.likes,
            documents=settings.documents,
            model=settings.model,
            training=settings.training,
        ),
        data.versions,
        {
            "validation_map@500": result.best_validation,
            "n_validation_users": n_validation_users,
            "best_epoch": result.best_epoch,
            "n_epochs": result.n_epochs,
            "n_skipped_draws": result.n_skipped_draws,
            "n_sampled_candidates": result.n_sampled_candidates,
            "n_users": data.likes.n_users,
            "n_likes": data.likes.n_likes,
        },
        warehouse.is_synthetic(),
    )
    registry.promote(bundle.model_version)
    return Trained(bundle, result)


def read_training_data(warehouse: Warehouse, settings: Settings, run_date: date) -> TrainingData:
    """Documents and histories as arrays, both built first where they are behind the sources.

    Users with fewer likes than `likes.min_per_user`, or than two, teach nothing and stay out.
    """
    versions = {
        "items": warehouse.version("items"),
        "interactions": warehouse.version("interactions"),
        "item_documents": build_documents(warehouse, settings).version,
        "user_histories": build_histories(warehouse, settings, run_date).version,
    }
    documents = warehouse.read("item_documents", versions["item_documents"])
    vocabulary = Vocabulary(tuple(count_words(documents, settings.documents.min_occurrences)))
    if not vocabulary.words and settings.model.text != "none":
        raise InputDataError(
            f"item_documents (version {versions['item_documents']}): no word occurs "
            f"{settings.documents.min_occurrences} times, nothing to read. Lower "
            "documents.min_occurrences, or import items with texts"
        )
    item_ids, words = _collect_documents(documents)
    histories = warehouse.read("user_histories", versions["user_histories"])
    enough = histories.where(F.col("n_items") >= max(settings.likes.min_per_user, 2))
    likes = _stream_likes(enough, item_ids)
    if not likes.n_likes:
        raise InputDataError(
            f"user_histories (version {versions['user_histories']}): no user with two likes or "
            "more before the run date, nothing to learn from. Check likes.min_rating and "
            "likes.min_per_user, or import more interactions"
        )
    encoded = vocabulary.encode(words, settings.model.max_words, settings.model.window)
    return TrainingData(vocabulary, item_ids, encoded, likes, versions)


def _collect_documents(documents: DataFrame) -> tuple[NDArray[np.generic], list[list[str]]]:
    """Ids ascending and their words; grows with the items only."""
    frame = documents.select("item_id", "words").toPandas()
    ids = frame["item_id"].to_numpy()
    ids = ids.astype(str) if ids.dtype == object else ids
    order = np.argsort(ids, kind="stable")
    return ids[order], [list(frame["words"].iloc[i]) for i in order]


def _stream_likes(histories: DataFrame, item_ids: NDArray[np.generic]) -> LikeMatrix:
    """Likes by position, users by id; rows pass by one partition at a time, four bytes a like."""
    index = {item_id: position for position, item_id in enumerate(item_ids.tolist())}
    rows = [
        np.array([index[i] for i in row["item_ids"] if i in index], dtype=np.int32)
        for row in histories.orderBy("user_id").select("item_ids").toLocalIterator()
    ]
    return LikeMatrix.from_rows([row for row in rows if len(row) > 1], len(item_ids))


def _validation(
    attention: Attention, kept: LikeMatrix, held: LikeMatrix, settings: Settings
) -> tuple[Validate, int]:
    """MAP@500 of held-out likes among all items not liked in training, and on how many users.

    Where nobody has enough likes to hold one out, the metric is 0 in every epoch.
    """
    can_rank = np.flatnonzero((np.diff(kept.starts) > 0) & (np.diff(held.starts) > 0))
    rng = np.random.default_rng(settings.training.seed)
    n_sampled = min(len(can_rank), settings.training.max_validation_users)
    users = np.sort(rng.choice(can_rank, n_sampled, replace=False))
    histories = LikeMatrix.from_rows([kept.row(u) for u in users], kept.n_items)
    relevant = LikeMatrix.from_rows([held.row(u) for u in users], held.n_items)

    def validate(
        candidates: NDArray[np.float32], memory: NDArray[np.float32], item_bias: NDArray[np.float32]
    ) -> float:
        if not n_sampled:
            return 0.0
        catalogue = Catalogue.of_vectors(candidates, memory, item_bias)
        block = settings.scoring.candidates_per_block
        ranked = shortlist(attention, catalogue, histories, CUTOFF, block)
        return mean_average_precision(ranked, relevant, CUTOFF)

    return validate, n_sampled
