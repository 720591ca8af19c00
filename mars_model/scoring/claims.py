"""What each recommended item is there for, as a claim that can be checked.

Let t be the score of the best candidate that the user may get and that is not in the list. A like
helps an item where the item's score is lower without it. An item is there for one or two helping
likes where its own score would be below t without them; else for its popularity, where the fallback
would have given it to the user too; else for the user's taste at large. Scores are compared as
float32. Source: docs/scoring.md, "Why an item is shown".
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue, Vectors
from mars_model.scoring.compiled import compiled
from mars_model.scoring.exact import KINDS, gather_slots, relevance_of, weigh
from mars_model.scoring.popular import MostLiked, take_most_liked
from mars_model.settings import AttentionKind

REASON_KINDS = ("likes", "popularity", "taste")
_LIKES, _POPULARITY, _TASTE = range(3)
MOST_NAMED = 2


class Claims(NamedTuple):
    """What N items of U users are there for; places without an item mean nothing.

    `named` are slots of the user's history, −1 behind the last; `score_without` is the item's score
    had the user not liked those, −inf where no like is left, NaN where none is named.
    """

    kind: NDArray[np.int8]  # [U, N] numbers of REASON_KINDS
    named: NDArray[np.int32]  # [U, N, MOST_NAMED]
    score_without: NDArray[np.float32]  # [U, N]


class _Users(NamedTuple):
    """Histories of U users, the rows of `allowed` that they may get, and the t of each."""

    starts: NDArray[np.int64]
    item_idx: NDArray[np.int32]
    segments: NDArray[np.int32]
    best_unlisted: NDArray[np.float32]


def claim(
    catalogue: Catalogue,
    histories: LikeMatrix,
    segments: NDArray[np.int32],
    positions: NDArray[np.int32],
    best_unlisted: NDArray[np.float32],
    kind: AttentionKind,
) -> Claims:
    """The claims of lists at `positions` [U, N] (−1: none).

    `best_unlisted` [U] is t, −inf where every candidate that the user may get is in the list.
    """
    shape = positions.shape
    claims = Claims(
        np.full(shape, _TASTE, dtype=np.int8),
        np.full((*shape, MOST_NAMED), -1, dtype=np.int32),
        np.full(shape, np.nan, dtype=np.float32),
    )
    users = _Users(histories.starts, histories.item_idx, segments, best_unlisted)
    allowed = np.asarray(catalogue.allowed)
    arrays = catalogue.vectors(), MostLiked.of(catalogue), allowed
    _claim_block(users, *arrays, positions, KINDS[kind], claims)
    return claims


@compiled
def _claim_block(
    users: _Users,
    vectors: Vectors,
    most_liked: MostLiked,
    allowed: NDArray[np.bool_],
    positions: NDArray[np.int32],
    kind: int,
    claims: Claims,
) -> None:
    wide = np.empty(vectors.candidates.shape[1])
    fallback = np.empty(positions.shape[1], dtype=np.int64)
    for u in range(len(positions)):
        slots = users.item_idx[users.starts[u] : users.starts[u + 1]]
        own = gather_slots(vectors.memory, slots)
        relevance, share = np.empty(len(own)), np.empty(len(own))
        take_most_liked(most_liked, slots, allowed[users.segments[u]], fallback)
        for p in range(positions.shape[1]):
            j = positions[u, p]
            if j < 0:
                continue
            relevance_of(own, vectors.candidates[j], wide, relevance)
            named, bias = claims.named[u, p], vectors.item_bias[j]
            score = np.float32(weigh(relevance, kind, share) + bias)
            without = _name_likes(relevance, bias, score, users.best_unlisted[u], kind, named)
            if without < users.best_unlisted[u]:
                claims.kind[u, p] = _LIKES
            elif (fallback == j).any():
                claims.kind[u, p] = _POPULARITY
                named[:] = -1
            if named[0] >= 0:
                claims.score_without[u, p] = without


@compiled
def _name_likes(
    relevance: NDArray[np.float64],
    bias: np.float32,
    score: np.float32,
    limit: np.float32,
    kind: int,
    named: NDArray[np.int32],
) -> np.float32:
    """The helping like without which the score is below `limit`, else the two largest that help.

    Returns the score without those named. The more relevant of two helping likes lowers the score
    more when it goes, whatever the attention, and so do the two most relevant of all pairs.
    """
    named[:] = -1
    first, second = _two_largest(relevance)
    named[0] = first
    without_first = np.float32(_score_of_others(relevance, named, kind) + bias)
    if not without_first < score:
        named[0] = -1
        return score
    if without_first < limit or second < 0:
        return without_first
    named[0] = second
    if not np.float32(_score_of_others(relevance, named, kind) + bias) < score:
        named[0] = first
        return without_first
    named[0], named[1] = first, second
    return np.float32(_score_of_others(relevance, named, kind) + bias)


@compiled
def _two_largest(relevance: NDArray[np.float64]) -> tuple[int, int]:
    """The slots of most relevance, of equal ones the first; −1 for a second that is not there."""
    first, second = 0, -1
    for slot in range(1, len(relevance)):
        if relevance[slot] > relevance[first]:
            first, second = slot, first
        elif second < 0 or relevance[slot] > relevance[second]:
            second = slot
    return first, second


@compiled
def _score_of_others(relevance: NDArray[np.float64], named: NDArray[np.int32], kind: int) -> float:
    """The score without the named slots, without bias; −inf where none is left."""
    left = np.empty(len(relevance))
    n_left = 0
    for slot in range(len(relevance)):
        if slot != named[0] and slot != named[1]:
            left[n_left] = relevance[slot]
            n_left += 1
    if n_left == 0:
        return -np.inf
    return weigh(left[:n_left], kind, np.empty(n_left))
