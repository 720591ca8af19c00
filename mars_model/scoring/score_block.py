"""A block of users → their lists: by the model with reasons, or by the fallback."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue, popular_list
from mars_model.scoring.certified_lists import NeighbourLists
from mars_model.scoring.paths import serve
from mars_model.scoring.reasons import Reasons, explain
from mars_model.scoring.sessions import Attention
from mars_model.settings import AttentionKind, ScoringSettings

MODEL_SOURCE = "mars"
LIST_FIELDS = ("rank", "item_id", "score", "because")


@dataclass(frozen=True)
class BlockScorer:
    """What scores any block of users. Without `lists` they are scored in full blocks.

    Users with fewer than `min_likes` likes, or none that the catalogue knows, get the fallback's
    list without reasons. Nobody is recommended an item of their full history.
    """

    catalogue: Catalogue
    lists: NeighbourLists | None
    attention: Attention
    settings: ScoringSettings
    min_likes: int
    attention_kind: AttentionKind = "softmax"

    def score(self, users: pa.RecordBatch) -> tuple[pa.RecordBatch, Counter[str]]:
        """One row per user in and out, in another order: with `source` and `list` behind.

        Users have `user_id, item_ids, n_items` and optionally `segment`, the row of the
        catalogue's `allowed`. A list is an array of structs of LIST_FIELDS, best first. Counts:
        see `paths.Served`.
        """
        histories = _histories_by_position(users.column("item_ids"), self.catalogue)
        has_memory = np.diff(histories.starts) > 0
        has_memory &= users.column("n_items").to_numpy() >= self.min_likes
        segments = np.zeros(users.num_rows, dtype=np.int32)
        if "segment" in users.schema.names:
            segments = users.column("segment").to_numpy().astype(np.int32)
        by_model, others = np.flatnonzero(has_memory), np.flatnonzero(~has_memory)
        parts = []
        counts: Counter[str] = Counter()
        if len(by_model):
            lists, counts = self._by_model(histories.take(by_model), segments[by_model])
            parts.append((by_model, lists, MODEL_SOURCE))
        if len(others):
            lists = self._by_fallback(histories.take(others), segments[others])
            parts.append((others, lists, self.settings.fallback))
        order = pa.array(np.concatenate([some for some, _, _ in parts]))
        columns = {name: users.column(name).take(order) for name in users.schema.names}
        columns["source"] = pa.array(
            np.repeat([name for _, _, name in parts], [len(some) for some, _, _ in parts])
        )
        columns["list"] = pa.concat_arrays([lists for _, lists, _ in parts])
        return pa.RecordBatch.from_pydict(columns), counts

    def _by_model(
        self, block: LikeMatrix, segments: NDArray[np.int32]
    ) -> tuple[pa.ListArray, Counter[str]]:
        catalogue, n, kind = self.catalogue, self.settings.top_n, self.attention_kind
        served = serve(self.attention, self.lists, catalogue, block, segments, n, kind)
        reasons = explain(catalogue, block, served.positions, self.settings.n_reasons, kind)
        lists = _with_reasons(catalogue, block, served.scores, served.positions, reasons)
        return lists, served.counts

    def _by_fallback(self, block: LikeMatrix, segments: NDArray[np.int32]) -> pa.ListArray:
        """Scored by likes, without reasons."""
        catalogue, n = self.catalogue, self.settings.top_n
        popular = [
            popular_list(catalogue, block.row(user), n, segment)
            for user, segment in enumerate(segments.tolist())
        ]
        items = np.concatenate(popular)
        item_ids = _ids(catalogue, items)
        names = ("attention", "contribution", "score_without")
        fields = [("item_id", item_ids.type), *((name, pa.float32()) for name in names)]
        nothing = pa.array([[]] * len(items), type=pa.list_(pa.struct(fields)))
        n_likes = catalogue.n_likes[items].astype(np.float32)
        return _lists(np.array([len(p) for p in popular]), item_ids, n_likes, nothing)


def _with_reasons(
    catalogue: Catalogue,
    histories: LikeMatrix,
    scores: NDArray[np.float32],
    positions: NDArray[np.int32],
    reasons: Reasons,
) -> pa.ListArray:
    """Lists of users served by the model: `scores` and `positions` [U, N], −1 behind the end."""
    users, places = np.nonzero(positions >= 0)
    items = catalogue.candidate_idx[positions[users, places]]
    is_reason = reasons.slots[users, places] >= 0
    n_reasons = is_reason.sum(axis=1)
    slots = reasons.slots[users, places][is_reason]
    liked = histories.item_idx[np.repeat(histories.starts[users], n_reasons) + slots]
    without = reasons.score_without[users, places][is_reason]
    contribution = reasons.contribution[users, places][is_reason]
    because = _grouped(
        n_reasons,
        {
            "item_id": _ids(catalogue, liked),
            "attention": pa.array(reasons.attention[users, places][is_reason]),
            "contribution": pa.array(contribution, mask=np.isnan(contribution)),
            "score_without": pa.array(without, mask=np.isnan(without)),
        },
    )
    lengths = (positions >= 0).sum(axis=1)
    return _lists(lengths, _ids(catalogue, items), scores[users, places], because)


def _ids(catalogue: Catalogue, item_idx: NDArray[np.int64]) -> pa.Array:
    return pa.array(np.asarray(catalogue.item_ids[item_idx]))


def _lists(
    lengths: NDArray[np.int64], item_ids: pa.Array, scores: NDArray[np.float32], because: pa.Array
) -> pa.ListArray:
    """Rows of users one after the other, so many of each, as lists."""
    places = np.arange(len(item_ids)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    ranks = pa.array((places + 1).astype(np.int32))
    columns = (ranks, item_ids, pa.array(scores), because)
    return _grouped(lengths, dict(zip(LIST_FIELDS, columns, strict=True)))


def _grouped(lengths: NDArray[np.int64], columns: dict[str, pa.Array]) -> pa.ListArray:
    """Rows of columns → lists of structs, of these lengths."""
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    structs = pa.StructArray.from_arrays(list(columns.values()), list(columns))
    return pa.ListArray.from_arrays(pa.array(ends), structs)


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
