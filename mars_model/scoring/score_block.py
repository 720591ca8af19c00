"""A block of users → their lists: by the model with reasons, or by the fallback."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.certified_lists import NeighbourLists
from mars_model.scoring.fallback import popular_list
from mars_model.scoring.list_rows import fallback_rows, model_rows
from mars_model.scoring.paths import serve
from mars_model.scoring.reasons import explain
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
            lists, counts = self._by_model(users, histories.take(by_model), segments, by_model)
            parts.append((by_model, lists, MODEL_SOURCE))
        if len(others):
            lists = self._by_fallback(users, histories, segments, others)
            parts.append((others, lists, self.settings.fallback))
        order = pa.array(np.concatenate([some for some, _, _ in parts]))
        columns = {name: users.column(name).take(order) for name in users.schema.names}
        columns["source"] = pa.array(
            np.repeat([name for _, _, name in parts], [len(some) for some, _, _ in parts])
        )
        columns["list"] = pa.concat_arrays([lists for _, lists, _ in parts])
        return pa.RecordBatch.from_pydict(columns), counts

    def _by_model(
        self,
        users: pa.RecordBatch,
        block: LikeMatrix,
        segments: NDArray[np.int32],
        by_model: NDArray[np.int64],
    ) -> tuple[pa.ListArray, Counter[str]]:
        catalogue, n, kind = self.catalogue, self.settings.top_n, self.attention_kind
        served = serve(self.attention, self.lists, catalogue, block, segments[by_model], n, kind)
        reasons = explain(catalogue, block, served.positions, self.settings.n_reasons, kind)
        rows = model_rows(
            users.column("user_id").take(pa.array(by_model)),
            catalogue,
            block.starts,
            block.item_idx,
            served.scores,
            served.positions,
            reasons,
            MODEL_SOURCE,
        )
        return _by_user(rows, (served.positions >= 0).sum(axis=1)), served.counts

    def _by_fallback(
        self,
        users: pa.RecordBatch,
        histories: LikeMatrix,
        segments: NDArray[np.int32],
        others: NDArray[np.int64],
    ) -> pa.ListArray:
        n = self.settings.top_n
        popular = [
            popular_list(self.catalogue, histories.row(u), n, int(segments[u]))
            for u in others.tolist()
        ]
        user_ids = users.column("user_id").take(pa.array(others))
        rows = fallback_rows(user_ids, self.catalogue, popular, self.settings.fallback)
        return _by_user(rows, np.array([len(items) for items in popular]))


def _by_user(rows: pa.RecordBatch, lengths: NDArray[np.int64]) -> pa.ListArray:
    """Rows of users one after the other → a list of structs for each."""
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    structs = pa.StructArray.from_arrays([rows.column(n) for n in LIST_FIELDS], list(LIST_FIELDS))
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
