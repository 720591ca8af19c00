"""Reads what a comparison is about: likes and words from the source tables, nothing written."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.errors import InputDataError
from mars_model.evaluation.splits.timed_likes import UNKNOWN_TIME, TimedLikes
from mars_model.features.documents import item_documents
from mars_model.features.histories import timed_histories
from mars_model.features.likes import LikeMatrix
from mars_model.fitting.training_data import collect_documents
from mars_model.settings import DocumentSettings, Settings
from mars_model.tables.warehouse import Warehouse


@dataclass(frozen=True)
class EvaluationData:
    """Likes by position with their times, and each item's words for any settings of documents.

    `titles` are the items' by position, `user_ids` the users' by position.
    """

    timed: TimedLikes
    words_of: Callable[[DocumentSettings], list[list[str]]]
    titles: Callable[[], list[str]]
    user_ids: NDArray[np.generic]
    fingerprint: str  # of the likes, their times, the item ids and the version of the items
    protocol: dict[str, Any]

    @property
    def likes(self) -> LikeMatrix:
        """The likes without their times."""
        return self.timed.likes


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
    histories = timed_histories(interactions, run_date, settings.likes)
    item_ids, _ = collect_documents(
        items.select("item_id", F.array().cast("array<string>").alias("words"))
    )
    min_likes = max(settings.likes.min_per_user, 2)
    enough = histories.where(F.col("n_items") >= min_likes)
    timed, user_ids = stream_timed_likes(enough, item_ids, min_likes)
    likes = timed.likes
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
        "n_likes_without_time": int(np.count_nonzero(~timed.is_timed)),
    }
    fingerprint = _fingerprint(timed, item_ids, versions["items"])
    # Words are read once for each kind of documents, titles once.
    words_of, titles = cache(partial(_words, items)), cache(partial(_titles, items))
    return EvaluationData(timed, words_of, titles, user_ids, fingerprint, protocol)


def stream_timed_likes(
    histories: DataFrame, item_ids: NDArray[np.generic], min_likes: int
) -> tuple[TimedLikes, NDArray[np.generic]]:
    """Likes by position with their times, and the users' ids, ascending; one partition at a time.

    `histories` as `timed_histories` makes them. Users who like fewer than `min_likes` of these
    items stay out.
    """
    index = {item_id: position for position, item_id in enumerate(item_ids.tolist())}
    user_ids, items, times = [], [], []
    rows = histories.orderBy("user_id").select("user_id", "item_ids", "liked_at_s")
    for row in rows.toLocalIterator():
        pairs = zip(row["item_ids"], row["liked_at_s"], strict=True)
        known = [(index[item_id], time) for item_id, time in pairs if item_id in index]
        if len(known) >= min_likes:
            user_ids.append(row["user_id"])
            items.append(np.array([item for item, _ in known], dtype=np.int32))
            at = [UNKNOWN_TIME if time is None else time for _, time in known]
            times.append(np.array(at, dtype=np.int64))
    return TimedLikes.from_rows(items, times, len(item_ids)), np.array(user_ids)


def _words(items: DataFrame, settings: DocumentSettings) -> list[list[str]]:
    """Words of each item, ascending by id."""
    return collect_documents(item_documents(items, settings))[1]


def _titles(items: DataFrame) -> list[str]:
    """Titles, ascending by id; the id where there is none."""
    title = F.coalesce("title", F.col("item_id").cast("string"))
    named = items.select("item_id", F.array(title).alias("words"))
    return [title for (title,) in collect_documents(named)[1]]


def _fingerprint(timed: TimedLikes, item_ids: NDArray[np.generic], items_version: int) -> str:
    digest = hashlib.sha256(timed.likes.starts.tobytes())
    digest.update(timed.likes.item_idx.tobytes())
    digest.update(timed.times.tobytes())
    digest.update("\n".join([str(items_version), *map(str, item_ids)]).encode())
    return digest.hexdigest()[:12]
