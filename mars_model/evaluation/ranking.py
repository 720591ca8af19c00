"""Scores of blocks of users → each user's best unseen items, in exact order."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mars_model.errors import MarsBatchError
from mars_model.features.likes import LikeMatrix

# User positions [B] → scores [B, n_items] float32; −inf where an item must not be ranked.
Scores = Callable[[NDArray[np.int64]], NDArray[np.float32]]


def rank_unseen(
    scores: Scores, seen: LikeMatrix, k: int, users_per_block: int = 256
) -> NDArray[np.int64]:
    """Item positions of each user's k best items outside `seen`: [U, k].

    Ties: score descending, then item position ascending; float32 scores tie where they are
    equal. −1 marks the end of a list where fewer items are left. Only one block of users is
    dense at a time. Raises MarsBatchError where a score is not a number.
    """
    ranked = np.full((seen.n_users, k), -1, dtype=np.int64)
    for start in range(0, seen.n_users, users_per_block):
        users = np.arange(start, min(start + users_per_block, seen.n_users))
        block = np.array(scores(users), dtype=np.float32)
        if np.isnan(block).any():
            raise MarsBatchError(
                f"ranking: scores of users {users[0]} to {users[-1]} hold NaN, expected numbers. "
                "Check the model's settings: its training may have run away"
            )
        for user_idx, row in enumerate(block, start):
            row[seen.row(user_idx)] = -np.inf
            best = _best(row, k)
            ranked[user_idx, : len(best)] = best
    return ranked


def _best(row: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Positions of the k largest scores above −inf."""
    n_items = len(row)
    floor = np.partition(row, n_items - k)[n_items - k] if k < n_items else -np.inf
    # All that tie at the floor stay in, so that the lower positions among them win.
    candidates = np.flatnonzero((row >= floor) & ~np.isneginf(row))
    return candidates[np.argsort(-row[candidates], kind="stable")[:k]]
