"""Candidates that are new since an earlier night: scored alone, and merged into its lists."""

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from mars_model.scoring.catalogue import Catalogue


def only_candidates(catalogue: Catalogue, item_ids: NDArray[np.generic]) -> Catalogue:
    """The same items, likes and memory, with some of the candidates alone."""
    candidate_ids = catalogue.item_ids[catalogue.candidate_idx]
    kept = np.isin(candidate_ids, item_ids.astype(candidate_ids.dtype.type))
    return catalogue.with_candidates(catalogue.candidate_idx[kept])


def entrants(found: DataFrame, users: DataFrame) -> DataFrame:
    """The rows of `found` (lists of new candidates) that beat the N-th row of their user's list.

    `users` holds `user_id, last_row`. Order of lists: score descending, then item id.
    """
    last = users.select("user_id", "last_row")
    beats = (F.col("score") > F.col("last_row.score")) | (
        (F.col("score") == F.col("last_row.score")) & (F.col("item_id") < F.col("last_row.item_id"))
    )
    return found.join(last, "user_id").where(beats).select(found.columns)


def merge_lists(lists: DataFrame, entered: DataFrame, top_n: int) -> DataFrame:
    """Both frames' rows of each user in one list, the N best with ranks anew."""
    best = Window.partitionBy("user_id").orderBy(F.desc("score"), "item_id")
    return (
        lists.unionByName(entered)
        .withColumn("rank", F.row_number().over(best))
        .where(F.col("rank") <= top_n)
    )
