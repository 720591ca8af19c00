"""All users' lists: an Arrow stage over user_histories, one block of users per batch."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark import Accumulator
from pyspark.sql import DataFrame

from mars_model.features.likes import LikeMatrix
from mars_model.night.shipping import open_arrays, shipped_file
from mars_model.night.spread import Work, spread
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.certified_lists import NeighbourLists
from mars_model.scoring.fallback import popular_list
from mars_model.scoring.list_rows import fallback_rows, model_rows
from mars_model.scoring.paths import serve
from mars_model.scoring.reasons import explain
from mars_model.scoring.sessions import Attention, open_attention
from mars_model.settings import AttentionKind, ScoringSettings

MODEL_SOURCE = "mars"


@dataclass(frozen=True)
class Shipment:
    """What a worker needs to score: keys and names of shipped files, and settings.

    Without `lists_key` users are scored in full blocks; `counted` adds up what it took.
    """

    catalogue_key: str
    attention_name: str
    settings: ScoringSettings
    min_likes: int
    attention_kind: AttentionKind = "softmax"
    lists_key: str | None = None
    users_per_block: int = 10_000
    counted: Accumulator[Counter[str]] | None = None


def score_users(histories: DataFrame, shipment: Shipment, work: Work, n_blocks: int) -> DataFrame:
    """One row per user in, at most N rows per user out: `user_id, rank, item_id, score, ...`.

    Users with fewer than `min_likes` likes, or none that the catalogue knows, get the
    fallback's list without reasons. Nobody is recommended an item of their full history.
    An optional column `segment` is the user's row of the catalogue's `allowed`.
    """
    user_type = histories.schema["user_id"].dataType.simpleString()
    item_type = histories.schema["item_ids"].dataType.simpleString()[len("array<") : -1]
    columns = [c for c in ("user_id", "item_ids", "n_items", "segment") if c in histories.columns]
    return spread(histories.select(*columns), work, n_blocks).mapInArrow(
        _score_batches(shipment),
        f"user_id {user_type}, rank int, item_id {item_type}, score float, source string, "
        f"because array<struct<item_id: {item_type}, attention: float, contribution: float, "
        "score_without: float>>",
    )


def _score_batches(
    shipment: Shipment,
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        catalogue = open_arrays(Catalogue, shipment.catalogue_key)
        lists = open_arrays(NeighbourLists, shipment.lists_key) if shipment.lists_key else None
        attention = open_attention(shipped_file(shipment.attention_name))
        for block in _blocks(batches, shipment.users_per_block):
            yield from score_block(
                block,
                catalogue,
                lists,
                attention,
                shipment.settings,
                shipment.min_likes,
                shipment.attention_kind,
                shipment.counted,
            )

    return score


def _blocks(batches: Iterator[pa.RecordBatch], n_users: int) -> Iterator[pa.RecordBatch]:
    """Batches of at most so many users: Arrow's are bounded in bytes."""
    for batch in batches:
        for start in range(0, batch.num_rows, n_users):
            yield batch.slice(start, n_users)


def score_block(
    users: pa.RecordBatch,
    catalogue: Catalogue,
    lists: NeighbourLists | None,
    attention: Attention,
    settings: ScoringSettings,
    min_likes: int,
    attention_kind: AttentionKind = "softmax",
    counted: Accumulator[Counter[str]] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Lists of a block of users (`user_id, item_ids, n_items`, `segment` or not) as rows."""
    histories = _histories_by_position(users.column("item_ids"), catalogue)
    has_memory = np.diff(histories.starts) > 0
    has_memory &= users.column("n_items").to_numpy() >= min_likes
    segments = np.zeros(users.num_rows, dtype=np.int32)
    if "segment" in users.schema.names:
        segments = users.column("segment").to_numpy().astype(np.int32)
    user_ids = users.column("user_id")
    by_model = np.flatnonzero(has_memory)
    if len(by_model):
        block = histories.take(by_model)
        n = settings.top_n
        served = serve(attention, lists, catalogue, block, segments[by_model], n, attention_kind)
        if counted is not None:
            counted.add(served.counts)
        positions = served.positions
        reasons = explain(catalogue, block, positions, settings.n_reasons, attention_kind)
        yield model_rows(
            user_ids.take(pa.array(by_model)),
            catalogue,
            block.starts,
            block.item_idx,
            served.scores,
            positions,
            reasons,
            MODEL_SOURCE,
        )
    others = np.flatnonzero(~has_memory)
    if len(others):
        popular = [
            popular_list(catalogue, histories.row(u), settings.top_n, int(segments[u]))
            for u in others.tolist()
        ]
        yield fallback_rows(user_ids.take(pa.array(others)), catalogue, popular, settings.fallback)


def _histories_by_position(item_ids: pa.ListArray, catalogue: Catalogue) -> LikeMatrix:
    """The block's histories by `item_idx`; liked items that left the catalogue drop out."""
    lengths = np.diff(item_ids.offsets.to_numpy())  # of a slice: its own part only
    ids = item_ids.flatten().to_numpy(zero_copy_only=False)
    # Not the catalogue's own width for strings: a longer id would be cut and match another.
    positions = catalogue.positions(ids.astype(catalogue.item_ids.dtype.type))
    users = np.repeat(np.arange(len(lengths)), lengths)[positions >= 0]
    n_items = max(1, len(catalogue.item_ids))
    keys: NDArray[np.int64] = np.unique(users * n_items + positions[positions >= 0])
    starts = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(np.bincount(keys // n_items, minlength=len(lengths)), out=starts[1:])
    return LikeMatrix(starts, (keys % n_items).astype(np.int32), len(catalogue.item_ids))
