"""Reads what a comparison is about: likes and words from the source tables, nothing written."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.errors import InputDataError
from mars_model.features.documents import item_documents
from mars_model.features.histories import user_histories
from mars_model.features.likes import LikeMatrix
from mars_model.runners.training_data import collect_documents, stream_likes
from mars_model.settings import DocumentSettings, Settings
from mars_model.tables.warehouse import Warehouse


@dataclass(frozen=True)
class EvaluationData:
    """Likes by position, and the words of each item for any settings of documents."""

    likes: LikeMatrix
    words_of: Callable[[DocumentSettings], list[list[str]]]
    fingerprint: str  # of the likes, the item ids and the version of the items
    protocol: dict[str, Any]


def read_evaluation_data(
    warehouse: Warehouse, settings: Settings, run_date: date, has_text_only: bool
) -> EvaluationData:
    """Likes before the run date of users with `likes.min_per_user`, two at least.

    With `has_text_only` items without text are left out, and their likes before users are
    counted. Raises InputDataError where nobody is left.
    """
    versions = {name: warehouse.version(name) for name in ("items", "interactions")}
    items = warehouse.read("items", versions["items"])
    if has_text_only:
        items = items.where(F.trim(F.coalesce("text", F.lit(""))) != "")
    interactions = warehouse.read("interactions", versions["interactions"])
    histories = user_histories(interactions, run_date, settings.likes)
    item_ids, _ = collect_documents(
        items.select("item_id", F.array().cast("array<string>").alias("words"))
    )
    min_likes = max(settings.likes.min_per_user, 2)
    likes, _ = stream_likes(histories.where(F.col("n_items") >= min_likes), item_ids, min_likes)
    if not likes.n_likes:
        raise InputDataError(
            f"interactions (version {versions['interactions']}): no user with {min_likes} likes "
            "before the run date, nothing to compare on. Check likes.min_rating, "
            "likes.min_per_user and --items-with-text"
        )
    protocol = {
        "likes": settings.likes.model_dump(mode="json"),
        "run_date": run_date.isoformat(),
        "has_text_only": has_text_only,
        "input_versions": versions,
        "n_users": likes.n_users,
        "n_items": likes.n_items,
        "n_likes": likes.n_likes,
    }
    fingerprint = _fingerprint(likes, item_ids, versions["items"])
    return EvaluationData(likes, _words_of(items), fingerprint, protocol)


def _words_of(items: DataFrame) -> Callable[[DocumentSettings], list[list[str]]]:
    """Words of each item, ascending by id; read once for each kind of documents."""

    @cache
    def words_of(settings: DocumentSettings) -> list[list[str]]:
        return collect_documents(item_documents(items, settings))[1]

    return words_of


def _fingerprint(likes: LikeMatrix, item_ids: NDArray[np.generic], items_version: int) -> str:
    digest = hashlib.sha256(likes.starts.tobytes())
    digest.update(likes.item_idx.tobytes())
    digest.update("\n".join([str(items_version), *map(str, item_ids)]).encode())
    return digest.hexdigest()[:12]
