"""Reads what training learns from: documents and likes as arrays by position."""

from datetime import date

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.evaluation.training_set import TrainingData
from mars_model.features.likes import LikeMatrix
from mars_model.night.build_tables import build_documents, build_histories
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse


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
    item_ids, words = collect_documents(documents)
    histories = warehouse.read("user_histories", versions["user_histories"])
    enough = histories.where(F.col("n_items") >= max(settings.likes.min_per_user, 2))
    likes, user_ids = stream_likes(enough, item_ids)
    return TrainingData.of(words, likes, user_ids, item_ids, settings, versions)


def collect_documents(documents: DataFrame) -> tuple[NDArray[np.generic], list[list[str]]]:
    """Ids ascending and their words; grows with the items only."""
    frame = documents.select("item_id", "words").toPandas()
    ids = frame["item_id"].to_numpy()
    ids = ids.astype(str) if ids.dtype == object else ids
    order = np.argsort(ids, kind="stable")
    return ids[order], [list(frame["words"].iloc[i]) for i in order]


def stream_likes(
    histories: DataFrame, item_ids: NDArray[np.generic]
) -> tuple[LikeMatrix, NDArray[np.generic]]:
    """Likes by position and the users' ids, ascending; rows pass by one partition at a time.

    Users who like fewer than two of these items stay out.
    """
    index = {item_id: position for position, item_id in enumerate(item_ids.tolist())}
    user_ids, rows = [], []
    for row in histories.orderBy("user_id").select("user_id", "item_ids").toLocalIterator():
        known = [index[i] for i in row["item_ids"] if i in index]
        if len(known) >= 2:
            user_ids.append(row["user_id"])
            rows.append(np.array(known, dtype=np.int32))
    return LikeMatrix.from_rows(rows, len(item_ids)), np.array(user_ids)
