"""The split that holds out items: nobody's like of a cold item reaches training."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix


@dataclass(frozen=True)
class ColdSplit:
    """Items split in two; matrices hold positions within `warm_idx` or within `cold_idx`.

    Shapes: W warm items, C cold items, U all users, T users who like items of both kinds.
    """

    warm_idx: NDArray[np.int64]  # [W] ascending
    cold_idx: NDArray[np.int64]  # [C] ascending
    training: LikeMatrix  # [U, W]
    histories: LikeMatrix  # [T, W]
    held_out: LikeMatrix  # [T, C]
    testers: NDArray[np.int64]  # [T] positions among all users, ascending
    name: str  # the same for the same way of splitting, whatever the seed
    record: dict[str, Any]  # what JSON can hold: parameters, seed, counts

    def of_all_users(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values of the testers `[T]` as `[U]`, NaN for others: each seed has its own testers."""
        spread = np.full(self.training.n_users, np.nan)
        spread[self.testers] = values
        return spread


def split_cold_items(likes: LikeMatrix, share: float, seed: int) -> ColdSplit:
    """Hold out ⌊share · items⌋ items, one at least, at random by `seed`."""
    n_cold = max(1, math.floor(share * likes.n_items + 1e-9))
    shuffled = np.random.default_rng(seed).permutation(likes.n_items)
    cold_idx, warm_idx = np.sort(shuffled[:n_cold]), np.sort(shuffled[n_cold:])
    warm, cold = _among(likes, warm_idx), _among(likes, cold_idx)
    testers = np.flatnonzero((np.diff(warm.starts) > 0) & (np.diff(cold.starts) > 0))
    histories, held_out = warm.take(testers), cold.take(testers)
    name = f"cold items {share:g}"
    record = {
        "split": name,
        "share": share,
        "seed": seed,
        "n_users": len(testers),
        "n_cold_items": n_cold,
        "n_training_likes": warm.n_likes,
        "n_test_likes": held_out.n_likes,
    }
    return ColdSplit(warm_idx, cold_idx, warm, histories, held_out, testers, name, record)


def _among(likes: LikeMatrix, item_idx: NDArray[np.int64]) -> LikeMatrix:
    """The likes of some items only, by their position in `item_idx`, which ascends."""
    position = np.full(likes.n_items, -1, dtype=np.int32)
    position[item_idx] = np.arange(len(item_idx), dtype=np.int32)
    among = likes.only(position[likes.item_idx] >= 0)
    return LikeMatrix(among.starts, position[among.item_idx], len(item_idx))
