"""Runs train: tables → arrays → the paper's model → a checked bundle in the registry."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.bundle.manifest import TrainedWith
from mars_model.bundle.promotion import Decision
from mars_model.bundle.registry import Bundle, Registry
from mars_model.bundle.vocabulary import Vocabulary
from mars_model.errors import InputDataError
from mars_model.evaluation.average_precision import mean_average_precision
from mars_model.evaluation.holdout import hold_out
from mars_model.features.documents import count_words
from mars_model.features.likes import LikeMatrix
from mars_model.runners.features import build_documents, build_histories
from mars_model.runners.promotion import promote_if_no_worse
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.encode import encode_documents
from mars_model.scoring.sessions import Attention, open_attention, open_encoder
from mars_model.scoring.top_n import shortlist
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse
from mars_model.training.export import export_network
from mars_model.training.export_check import RunAttention, check_export
from mars_model.training.loop import Progress, TrainingResult, Validate, train
from mars_model.training.network import build_network

CUTOFF = 500


@dataclass(frozen=True)
class TrainingData:
    """Arrays by position: documents [n_items, L], the likes of users who can train, all ids."""

    vocabulary: Vocabulary
    documents: NDArray[np.int64]
    likes: LikeMatrix
    user_ids: NDArray[np.generic]
    item_ids: NDArray[np.generic]
    versions: dict[str, int]


@dataclass(frozen=True)
class Trained:
    """A bundle, how its training went, and whether it is in use now."""

    bundle: Bundle
    result: TrainingResult
    decision: Decision


def train_model(
    warehouse: Warehouse,
    registry: Registry,
    settings: Settings,
    run_date: date,
    progress: Progress,
) -> Trained:
    """Train on the likes before the run date, check the export, write the bundle, judge it."""
    data = read_training_data(warehouse, settings, run_date)
    share, seed = settings.training.validation_share, settings.training.seed
    kept, held = hold_out(data.likes, share, seed, data.user_ids, data.item_ids)
    network = build_network(len(data.vocabulary.words), settings.model, seed)
    with tempfile.TemporaryDirectory(prefix="mars-train-") as folder:
        # The graph that a night ranks with ranks in validation too; it has no weights.
        attention = open_attention(export_network(network, Path(folder)).attention)
    validate, n_validation_users = _validation(attention, kept, held, settings)
    result = train(network, data.documents, kept, settings.training, validate, progress)

    def write_files(folder: Path) -> None:
        export_network(network, folder)
        check_export(network, folder, open_encoder, _open_attention_by_rows, data.documents)
        data.vocabulary.write(folder / "vocabulary.txt")

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
            "n_users": data.likes.n_users,
            "n_likes": data.likes.n_likes,
        },
        warehouse.is_synthetic(),
    )

    def measure(other: Bundle) -> float:
        validate, _ = _validation(
            open_attention(other.file("attention.onnx")), kept, held, settings
        )
        documents = warehouse.read("item_documents", data.versions["item_documents"])
        return validate(*encode_documents(other, _collect_documents(documents)[1]))

    return Trained(
        bundle, result, promote_if_no_worse(registry, bundle, settings, run_date, measure)
    )


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
    if not vocabulary.words:
        raise InputDataError(
            f"item_documents (version {versions['item_documents']}): no word occurs "
            f"{settings.documents.min_occurrences} times, nothing to read. Lower "
            "documents.min_occurrences, or import items with texts"
        )
    item_ids, words = _collect_documents(documents)
    histories = warehouse.read("user_histories", versions["user_histories"])
    enough = histories.where(F.col("n_items") >= max(settings.likes.min_per_user, 2))
    likes, user_ids = _stream_likes(enough, item_ids)
    if not likes.n_likes:
        raise InputDataError(
            f"user_histories (version {versions['user_histories']}): no user with two likes or "
            "more before the run date, nothing to learn from. Check likes.min_rating and "
            "likes.min_per_user, or import more interactions"
        )
    encoded = vocabulary.encode(words, settings.model.max_words, settings.model.window)
    return TrainingData(vocabulary, encoded, likes, user_ids, item_ids, versions)


def _collect_documents(documents: DataFrame) -> tuple[NDArray[np.generic], list[list[str]]]:
    """Ids ascending and their words; grows with the items only."""
    frame = documents.select("item_id", "words").toPandas()
    ids = frame["item_id"].to_numpy()
    ids = ids.astype(str) if ids.dtype == object else ids
    order = np.argsort(ids, kind="stable")
    return ids[order], [list(frame["words"].iloc[i]) for i in order]


def _stream_likes(
    histories: DataFrame, item_ids: NDArray[np.generic]
) -> tuple[LikeMatrix, NDArray[np.generic]]:
    """Likes by position and the users' ids; rows pass by one partition at a time."""
    index = {item_id: position for position, item_id in enumerate(item_ids.tolist())}
    user_ids, rows = [], []
    for row in histories.orderBy("user_id").select("user_id", "item_ids").toLocalIterator():
        known = [index[i] for i in row["item_ids"] if i in index]
        if len(known) > 1:
            user_ids.append(row["user_id"])
            rows.append(np.array(known, dtype=np.int32))
    return LikeMatrix.from_rows(rows, len(item_ids)), np.array(user_ids)


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

    def validate(candidates: NDArray[np.float32], memory: NDArray[np.float32]) -> float:
        if not n_sampled:
            return 0.0
        catalogue = Catalogue.of_vectors(candidates, memory)
        block = settings.scoring.candidates_per_block
        ranked = shortlist(attention, catalogue, histories, CUTOFF, block)
        return mean_average_precision(ranked, relevant, CUTOFF)

    return validate, n_sampled


def _open_attention_by_rows(path: Path) -> RunAttention:
    """The attention graph as `check_export` calls it: histories as rows of positions."""
    return partial(_attend, open_attention(path))


def _attend(
    attention: Attention,
    histories: Sequence[NDArray[np.int64]],
    memory: NDArray[np.float32],
    candidates: NDArray[np.float32],
) -> NDArray[np.float32]:
    rows = LikeMatrix.from_rows([row.astype(np.int32) for row in histories], len(memory))
    no_bias = np.zeros(len(candidates), dtype=np.float32)
    return attention.scores(rows, memory, candidates, no_bias)
