"""A block of users → their lists: by the model with reasons, or by the fallback."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.certified_lists import NeighbourLists
from mars_model.scoring.claims import MOST_NAMED, REASON_KINDS, Claims, claim
from mars_model.scoring.list_rows import because_of, grouped, ids_of, lists_of
from mars_model.scoring.paths import serve
from mars_model.scoring.popular import popular_list
from mars_model.scoring.reasons import explain
from mars_model.scoring.sentences import Titles, write_sentences
from mars_model.scoring.sessions import Attention
from mars_model.settings import AttentionKind, ScoringSettings

MODEL_SOURCE = "mars"


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
    titles: Titles | None = None  # None: items are called by their ids

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
        # One more than is handed out: what a claim about the list's end is checked against.
        served = serve(self.attention, self.lists, catalogue, block, segments, n + 1, kind)
        scores, positions = served.scores[:, :n], np.ascontiguousarray(served.positions[:, :n])
        best_unlisted = served.scores[:, n]
        reasons = explain(catalogue, block, positions, self.settings.n_reasons, kind)
        claims = claim(catalogue, block, segments, positions, best_unlisted, kind)
        users, places = np.nonzero(positions >= 0)
        columns = {
            "item_id": ids_of(catalogue, catalogue.candidate_idx[positions[users, places]]),
            "score": pa.array(scores[users, places]),
            "because": because_of(catalogue, block, reasons, users, places),
            **self._claimed(block, claims, best_unlisted, users, places),
        }
        return lists_of((positions >= 0).sum(axis=1), columns), served.counts

    def _claimed(
        self,
        histories: LikeMatrix,
        claims: Claims,
        best_unlisted: NDArray[np.float32],
        users: NDArray[np.int64],
        places: NDArray[np.int64],
    ) -> dict[str, pa.Array]:
        """The columns of LIST_FIELDS behind `because`, of the rows of these users and places."""
        slots = claims.named[users, places]
        is_named = slots >= 0
        named = np.where(is_named, histories.item_idx[histories.starts[users][:, None] + slots], -1)
        kinds = pa.array(REASON_KINDS).take(pa.array(claims.kind[users, places]))
        first, second = (self._called(named[:, place]) for place in range(MOST_NAMED))
        without, t = claims.score_without[users, places], best_unlisted[users]
        item_ids = ids_of(self.catalogue, named[is_named])
        return {
            "reason_kind": kinds,
            "reason": write_sentences(self.settings.sentences, kinds, first, second),
            "named_items": grouped(is_named.sum(axis=1), item_ids),
            "score_without_named": pa.array(without, mask=~np.isfinite(without)),
            "best_unlisted_score": pa.array(t, mask=~np.isfinite(t)),
        }

    def _called(self, item_idx: NDArray[np.int32]) -> pa.Array:
        """Titles of items, −1: null."""
        if self.titles is not None:
            return self.titles.take(item_idx)
        places = pa.array(item_idx, mask=item_idx < 0)
        return pa.array(np.asarray(self.catalogue.item_ids)).take(places).cast(pa.large_string())

    def _by_fallback(self, block: LikeMatrix, segments: NDArray[np.int32]) -> pa.ListArray:
        """Scored by likes, without reasons."""
        catalogue, n = self.catalogue, self.settings.top_n
        popular = [
            popular_list(catalogue, block.row(user), n, segment)
            for user, segment in enumerate(segments.tolist())
        ]
        items = np.concatenate(popular)
        item_ids = ids_of(catalogue, items)
        names = ("attention", "contribution", "score_without")
        fields = [("item_id", item_ids.type), *((name, pa.float32()) for name in names)]
        kinds, nobody = (
            pa.array(["popularity"] * len(items), pa.string()),  # also where nothing is left
            pa.nulls(len(items), pa.large_string()),
        )
        columns = {
            "item_id": item_ids,
            "score": pa.array(catalogue.n_likes[items].astype(np.float32)),
            "because": pa.array([[]] * len(items), type=pa.list_(pa.struct(fields))),
            "reason_kind": kinds,
            "reason": write_sentences(self.settings.sentences, kinds, nobody, nobody),
            "named_items": pa.array([[]] * len(items), type=pa.list_(item_ids.type)),
            "score_without_named": pa.nulls(len(items), pa.float32()),
            "best_unlisted_score": pa.nulls(len(items), pa.float32()),
        }
        return lists_of(np.array([len(p) for p in popular]), columns)


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
