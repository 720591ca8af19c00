"""Cuts the users into blocks of equal work, so that no task runs much longer than the others."""

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from mars_model.scoring.memory_plan import Work

# What a user costs beside their likes, in likes.
_BASE = 10
# A user above this share of a block's work is placed by hand.
_LARGE_SHARE = 1 / 16
_PLACES = 1024


def spread(histories: DataFrame, work: Work, n_blocks: int) -> DataFrame:
    """The same rows in `n_blocks` partitions of about equal work.

    Users with a large share of a block (at most 16 a block) are placed one by one, the largest
    first, each where least is; the others fill up what is left, by a hash of their id.
    """
    per_block = (work.n_likes + _BASE * work.n_users) / n_blocks
    limit = per_block * _LARGE_SHARE
    loads = np.zeros(n_blocks)
    place: Column = F.lit(None).cast("int")
    spread_rows = histories
    if work.longest + _BASE > limit:
        large = histories.where(F.col("n_items") + _BASE > limit).select("user_id", "n_items")
        placed = []
        # Few: to sort them here saves Spark a job.
        for row in sorted(large.collect(), key=lambda row: (-row["n_items"], row["user_id"])):
            least = int(loads.argmin())
            loads[least] += row["n_items"] + _BASE
            placed.append((row["user_id"], least))
        user_type = histories.schema["user_id"].dataType.simpleString()
        by_hand = histories.sparkSession.createDataFrame(placed, f"user_id {user_type}, _block int")
        spread_rows = histories.join(F.broadcast(by_hand), "user_id", "left")
        place = F.col("_block")
    block = F.coalesce(place, _by_hash(np.maximum(per_block - loads, 0)))
    return spread_rows.repartitionById(n_blocks, block).select(*histories.columns)


def _by_hash(room: NDArray[np.float64]) -> Column:
    """A block number by a hash of the user's id, each as often as it has room."""
    ends = np.cumsum(room + 1e-9) / (room + 1e-9).sum()
    numbers = np.searchsorted(ends, (np.arange(_PLACES) + 0.5) / _PLACES)
    table = F.array(*[F.lit(int(number)) for number in numbers])
    return F.element_at(table, F.pmod(F.xxhash64("user_id"), F.lit(_PLACES)).cast("int") + 1)
