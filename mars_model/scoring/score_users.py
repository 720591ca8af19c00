"""All users' lists: a pandas-UDF stage over user_histories, one block of users per Arrow batch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue, open_catalogue
from mars_model.scoring.fallback import popular_list
from mars_model.scoring.reasons import Winners, settle
from mars_model.scoring.sessions import Attention, open_attention
from mars_model.scoring.shipping import shipped_file
from mars_model.scoring.top_n import shortlist
from mars_model.settings import AttentionKind, ScoringSettings

MODEL_SOURCE = "mars"
# The shortlist is found in float32 and settled in float64: so many more than N are settled.
_MARGIN = 16
_REASON_COLUMNS = ("item_id", "attention", "contribution", "score_without")


@dataclass(frozen=True)
class Shipment:
    """What a worker needs to score: names of shipped files, and settings."""

    catalogue_key: str
    attention_name: str
    settings: ScoringSettings
    min_likes: int
    attention_kind: AttentionKind = "softmax"


def score_users(histories: DataFrame, shipment: Shipment, n_partitions: int) -> DataFrame:
    """One row per user in, at most N rows per user out: `user_id, rank, item_id, score, ...`.

    Users with fewer than `min_likes` likes, or none that the catalogue knows, get the
    fallback's list without reasons. Nobody is recommended an item of their full history.
    An optional column `segment` is the user's row of the catalogue's `allowed`.
    """
    user_type = histories.schema["user_id"].dataType.simpleString()
    item_type = histories.schema["item_ids"].dataType.simpleString()[len("array<") : -1]
    flat = (
        f"user_id {user_type}, rank int, item_id {item_type}, score float, source string, "
        f"because_item_id array<{item_type}>, because_attention array<float>, "
        "because_contribution array<float>, because_score_without array<float>"
    )
    columns = [c for c in ("user_id", "item_ids", "n_items", "segment") if c in histories.columns]
    lists = (
        histories.select(*columns)
        .repartition(n_partitions, "user_id")
        .mapInPandas(_score_batches(shipment), flat)
    )
    because = F.arrays_zip(*[F.col(f"because_{c}").alias(c) for c in _REASON_COLUMNS])
    with_nulls = F.transform(
        because,
        lambda reason: F.struct(
            *[reason[c].alias(c) for c in _REASON_COLUMNS[:3]],
            F.nullif(reason["score_without"], F.lit(float("nan")).cast("float")).alias(
                "score_without"
            ),
        ),
    )
    return lists.select(
        "user_id", "rank", "item_id", "score", "source", with_nulls.alias("because")
    )


def _score_batches(
    shipment: Shipment,
) -> Callable[[Iterator[pd.DataFrame]], Iterator[pd.DataFrame]]:
    def score(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        catalogue = open_catalogue(shipment.catalogue_key)
        attention = open_attention(shipped_file(shipment.attention_name))
        for users in batches:
            yield score_block(
                users,
                catalogue,
                attention,
                shipment.settings,
                shipment.min_likes,
                shipment.attention_kind,
            )

    return score


def score_block(
    users: pd.DataFrame,
    catalogue: Catalogue,
    attention: Attention,
    settings: ScoringSettings,
    min_likes: int,
    attention_kind: AttentionKind = "softmax",
) -> pd.DataFrame:
    """Lists of a block of users (`user_id, item_ids, n_items`, `segment` or not) as flat rows."""
    histories = _histories_by_position(users["item_ids"], catalogue)
    has_memory = (np.diff(histories.starts) > 0) & (users["n_items"].to_numpy() >= min_likes)
    by_model = np.flatnonzero(has_memory)
    segments = np.zeros(len(users), dtype=np.int64)
    if "segment" in users.columns:
        segments = users["segment"].to_numpy(dtype=np.int64)
    rows = _Rows(catalogue)
    if len(by_model):
        block = LikeMatrix.from_rows(
            [histories.row(u) for u in by_model.tolist()], histories.n_items
        )
        n = settings.top_n + _MARGIN
        found = shortlist(
            attention, catalogue, block, n, settings.candidates_per_block, segments[by_model]
        )
        for position, user_idx in enumerate(by_model.tolist()):
            short = np.sort(found[position][found[position] >= 0])
            slots = histories.row(user_idx)
            winners = settle(
                catalogue.memory[slots],
                catalogue.candidates[short],
                catalogue.item_bias[short],
                settings.top_n,
                settings.n_reasons,
                attention_kind,
            )
            rows.add_winners(users["user_id"].iloc[user_idx], winners, short, slots)
    for user_idx in np.flatnonzero(~has_memory).tolist():
        segment = int(segments[user_idx])
        items = popular_list(catalogue, histories.row(user_idx), settings.top_n, segment)
        rows.add_fallback(users["user_id"].iloc[user_idx], items, settings.fallback)
    return rows.frame()


def _histories_by_position(item_ids: "pd.Series[Any]", catalogue: Catalogue) -> LikeMatrix:
    """The block's histories by `item_idx`; liked items that left the catalogue drop out."""
    lengths = [len(ids) for ids in item_ids]
    if not sum(lengths):
        return LikeMatrix.from_rows([[]] * len(lengths), len(catalogue.item_ids))
    flat = np.concatenate([np.asarray(ids) for ids in item_ids if len(ids)])
    # Not the catalogue's own width for strings: a longer id would be cut and match another.
    positions = catalogue.positions(flat.astype(catalogue.item_ids.dtype.type))
    rows = np.split(positions, np.cumsum(lengths)[:-1])
    return LikeMatrix.from_rows(
        [row[row >= 0].astype(np.int32) for row in rows], len(catalogue.item_ids)
    )


class _Rows:
    """Collects flat rows of the output, column by column."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._columns: dict[str, list[object]] = {
            name: []
            for name in (
                *("user_id", "rank", "item_id", "score", "source"),
                *(f"because_{c}" for c in _REASON_COLUMNS),
            )
        }

    def add_winners(
        self, user_id: object, winners: Winners, short: NDArray[np.int64], slots: NDArray[np.int32]
    ) -> None:
        """One user's list by the model."""
        ids = self._catalogue.item_ids
        items = self._catalogue.candidate_idx[short[winners.order]]
        self._add(user_id, items, winners.scores, MODEL_SOURCE)
        self._columns["because_item_id"] += [ids[slots[s]] for s in winners.slots]
        self._columns["because_attention"] += winners.attention
        self._columns["because_contribution"] += winners.contribution
        self._columns["because_score_without"] += winners.score_without

    def add_fallback(self, user_id: object, items: NDArray[np.int64], source: str) -> None:
        """One user's list by the fallback: its score is the number of likes, without reasons."""
        self._add(user_id, items, self._catalogue.n_likes[items].astype(np.float32), source)
        for name in _REASON_COLUMNS:
            self._columns[f"because_{name}"] += [[] for _ in items]

    def _add(
        self, user_id: object, items: NDArray[np.int64], scores: NDArray[np.float32], source: str
    ) -> None:
        self._columns["user_id"] += [user_id] * len(items)
        self._columns["rank"] += range(1, len(items) + 1)
        self._columns["item_id"] += self._catalogue.item_ids[items].tolist()
        self._columns["score"] += scores.tolist()
        self._columns["source"] += [source] * len(items)

    def frame(self) -> pd.DataFrame:
        """All rows so far."""
        return pd.DataFrame(self._columns)
