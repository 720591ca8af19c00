"""The best candidates of a block of users out of the whole catalogue, in full blocks."""

import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue, Vectors
from mars_model.scoring.compiled import compiled
from mars_model.scoring.exact import KINDS, empty_lists, gather_slots, settle
from mars_model.scoring.full_blocks import error_bound
from mars_model.scoring.sessions import Attention
from mars_model.scoring.shortlist import seen_candidates, shortlist
from mars_model.scoring.twins import needed_candidates
from mars_model.settings import AttentionKind

# So many more than N are found in float32: those that may be among the N best are settled in
# float64, and all candidates for users whose error bound leaves a doubt.
_MARGIN = 16
# Users × candidates that are dense at a time where all of them are scored in float64.
_PLACES_PER_CALL = 1 << 24


def top_n_in_full(
    attention: Attention,
    catalogue: Catalogue,
    histories: LikeMatrix,
    segments: NDArray[np.int32],
    n: int,
    kind: AttentionKind,
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Scores and positions of each user's n best unseen candidates: [U, n], −1 behind the end.

    Every user has at least one slot. By score descending, then item id ascending.
    """
    needed = needed_candidates(catalogue, histories, n)
    if needed is not None:
        fewer = catalogue.with_candidates(catalogue.candidate_idx[needed])
        scores, found = top_n_in_full(attention, fewer, histories, segments, n, kind)
        return scores, np.append(needed, -1)[found].astype(np.int32)  # −1 finds the last
    width = n + _MARGIN
    if width >= len(catalogue.candidates):
        return top_n_plainly(catalogue, histories, segments, n, kind)
    doubt = error_bound(
        np.diff(histories.starts),
        catalogue.memory.shape[1],
        catalogue.reach(),
        float(np.abs(catalogue.item_bias).max(initial=0.0)),
        KINDS[kind],
    )
    rough, found, has_failed = shortlist(attention, catalogue, histories, width, segments, kind)
    # Further below the n-th than twice the doubt, none can be among the n best.
    is_hopeless = rough < (rough[:, n - 1] - 2 * doubt)[:, None]
    likely = np.where(is_hopeless, np.int32(-1), found)
    scores, positions = settle_users(catalogue, histories, likely, n, kind)
    # What is not on the shortlist scores its last place at most, give or take the doubt.
    is_proved = (found[:, -1] < 0) | (scores[:, -1] > rough[:, -1] + doubt)
    left = np.flatnonzero(~is_proved | has_failed)
    scores[left], positions[left] = top_n_plainly(
        catalogue, histories.take(left), segments[left], n, kind
    )
    return scores, positions


def top_n_plainly(
    catalogue: Catalogue,
    histories: LikeMatrix,
    segments: NDArray[np.int32],
    n: int,
    kind: AttentionKind,
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """The same lists by float64 attention over every candidate: for few candidates or users."""
    pieces = [empty_lists(0, n)]
    at_once = max(1, _PLACES_PER_CALL // max(1, len(catalogue.candidates)))
    for start in range(0, histories.n_users, at_once):
        users = np.arange(start, min(start + at_once, histories.n_users))
        block = histories.take(users)
        found = _allowed_unseen(catalogue, block, segments[users])
        pieces.append(settle_users(catalogue, block, found, n, kind))
    scores, positions = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    return scores, positions


def settle_users(
    catalogue: Catalogue,
    histories: LikeMatrix,
    found: NDArray[np.int32],
    n: int,
    kind: AttentionKind,
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """The n best of each user's `found` [U, S] (−1: no candidate), by their float64 scores."""
    scores, positions = empty_lists(histories.n_users, n)
    users = histories.starts, histories.item_idx, catalogue.vectors()
    _settle_block(*users, found, KINDS[kind], scores, positions)
    return scores, positions


def _allowed_unseen(
    catalogue: Catalogue, histories: LikeMatrix, segments: NDArray[np.int32]
) -> NDArray[np.int32]:
    """All candidates that each user may get, [U, most of any], −1 behind the end."""
    may = np.array(catalogue.allowed[segments])
    seen = seen_candidates(histories, catalogue)
    may[seen.user_idx, seen.item_idx] = False
    n_most = int(may.sum(axis=1).max(initial=0))
    found = np.full((histories.n_users, n_most), -1, dtype=np.int32)
    for user_idx, row in enumerate(may):
        own = np.flatnonzero(row)
        found[user_idx, : len(own)] = own
    return found


@compiled
def _settle_block(
    starts: NDArray[np.int64],
    item_idx: NDArray[np.int32],
    vectors: Vectors,
    found: NDArray[np.int32],
    kind: int,
    scores: NDArray[np.float32],
    positions: NDArray[np.int32],
) -> None:
    for u in range(len(found)):
        own = gather_slots(vectors.memory, item_idx[starts[u] : starts[u + 1]])
        settle(own, vectors, found[u], kind, scores[u], positions[u])
