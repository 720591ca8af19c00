"""Lists with their reasons as objects, for few users: the night writes Arrow rows instead."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.reasons import explain
from mars_model.scoring.top_n import settle_users, top_n_plainly
from mars_model.settings import AttentionKind

ItemId = int | str


@dataclass(frozen=True)
class Reason:
    """A liked item: its share of the attention, what it adds to the score, the score without it.

    `score_without` is None where it is the only like, and so is `contribution` of evidence, which
    is how much lower the score would be.
    """

    item_id: ItemId
    attention: float
    contribution: float | None
    score_without: float | None


@dataclass(frozen=True)
class Recommendation:
    """An item with its score, comparable within one user only, and the likes it stands on.

    Reasons come by attention descending, then item id. Contributions of all likes to an average or
    a sum, and the item's bias, add up to the score.
    """

    item_id: ItemId
    score: float
    reasons: tuple[Reason, ...]


def recommend(
    catalogue: Catalogue, histories: LikeMatrix, n: int, n_reasons: int, kind: AttentionKind
) -> list[list[Recommendation]]:
    """Each user's n best unseen candidates, by score descending, then item id.

    Every user has at least one like.
    """
    nobody = np.zeros(histories.n_users, dtype=np.int32)
    best = top_n_plainly(catalogue, histories, nobody, n, kind)
    return _explained(catalogue, histories, *best, n_reasons, kind)


def explain_one(
    catalogue: Catalogue, history: LikeMatrix, position: int, kind: AttentionKind
) -> Recommendation:
    """The score of the candidate at a position for one user, with a reason for every like."""
    found = np.array([[position]], dtype=np.int32)
    best = settle_users(catalogue, history, found, 1, kind)
    return _explained(catalogue, history, *best, history.n_likes, kind)[0][0]


def _explained(
    catalogue: Catalogue,
    histories: LikeMatrix,
    scores: NDArray[np.float32],
    positions: NDArray[np.int32],
    n_reasons: int,
    kind: AttentionKind,
) -> list[list[Recommendation]]:
    """`scores` and `positions` [U, N], −1 behind the end, with reasons."""
    found = explain(catalogue, histories, positions, n_reasons, kind)
    item_ids = catalogue.item_ids
    lists: list[list[Recommendation]] = [[] for _ in range(histories.n_users)]
    for user, place in np.argwhere(positions >= 0).tolist():
        slots = found.slots[user, place]
        slots = slots[slots >= 0]
        numbers = (found.attention, found.contribution, found.score_without)
        columns = [
            [None if np.isnan(n) else n for n in part[user, place, : len(slots)].tolist()]
            for part in numbers
        ]
        liked = item_ids[histories.row(user)[slots]].tolist()
        reasons = tuple(
            Reason(item_id, attention, contribution, without)
            for item_id, attention, contribution, without in zip(liked, *columns, strict=True)
        )
        item_id = item_ids[catalogue.candidate_idx[positions[user, place]]].item()
        lists[user].append(Recommendation(item_id, float(scores[user, place]), reasons))
    return lists
