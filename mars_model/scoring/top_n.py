"""The best candidates of a block of users, candidates taken in blocks."""

import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.sessions import Attention


def shortlist(
    attention: Attention,
    catalogue: Catalogue,
    histories: LikeMatrix,
    n: int,
    candidates_per_block: int,
    segments: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Positions among the candidates of each user's n best unseen ones, −1 where there are fewer.

    Shapes: U users, each with at least one slot; result [U, n], by score descending, then item
    id ascending. Only the slots that the block's histories use take part in the products.
    `segments` [U] are rows of the catalogue's `allowed`; without it everybody may get all.
    """
    slots, columns = np.unique(histories.item_idx, return_inverse=True)
    used = LikeMatrix(histories.starts, columns.astype(np.int32), len(slots))
    memory = np.asarray(catalogue.memory[slots])
    seen_users, seen_candidates = _seen_pairs(histories, catalogue)
    n_candidates = len(catalogue.candidates)
    best_scores = np.full((histories.n_users, 0), -np.inf, dtype=np.float32)
    best = np.zeros((histories.n_users, 0), dtype=np.int64)
    for start in range(0, n_candidates, candidates_per_block):
        stop = min(start + candidates_per_block, n_candidates)
        first, last = np.searchsorted(seen_candidates, [start, stop])
        seen = np.stack([seen_users[first:last], seen_candidates[first:last] - start], axis=1)
        if segments is not None and segments.any():
            forbidden = np.argwhere(~catalogue.allowed[:, start:stop][segments])
            seen = np.concatenate([seen, forbidden])
        scores, positions = attention.top(
            used,
            memory,
            catalogue.candidates[start:stop],
            catalogue.item_bias[start:stop],
            seen,
            min(n, stop - start),
        )
        best_scores, best = _merge(best_scores, best, scores, positions + start, n)
    return np.where(np.isneginf(best_scores), -1, best)


def _seen_pairs(
    histories: LikeMatrix, catalogue: Catalogue
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(user, candidate) of every liked item that is a candidate, by candidate."""
    users = np.repeat(np.arange(histories.n_users), np.diff(histories.starts))
    candidates = catalogue.candidate_of_item()[histories.item_idx]
    order = np.argsort(candidates, kind="stable")
    order = order[np.searchsorted(candidates[order], 0) :]
    return users[order], candidates[order]


def _merge(
    scores: NDArray[np.float32],
    positions: NDArray[np.int64],
    new_scores: NDArray[np.float32],
    new_positions: NDArray[np.int64],
    n: int,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The n best of both; stable, so that of equal scores the earlier position stays first."""
    all_scores = np.concatenate([scores, new_scores], axis=1)
    all_positions = np.concatenate([positions, new_positions], axis=1)
    order = np.argsort(-all_scores, axis=1, kind="stable")[:, :n]
    return (
        np.take_along_axis(all_scores, order, axis=1),
        np.take_along_axis(all_positions, order, axis=1),
    )
