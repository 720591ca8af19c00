"""The paper's split: 30 % of each user's likes train, the rest halved."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix


@dataclass(frozen=True)
class Split:
    """Three parts of the likes without overlap; each keeps all users and items."""

    training: LikeMatrix
    validation: LikeMatrix
    test: LikeMatrix


def split_likes(likes: LikeMatrix, seed: int) -> Split:
    """Split each user's likes at random by `seed`: 30 % train, 35 % validate, 35 % test.

    Of n likes max(1, 0.3 n rounded, halves up) train, so everybody who likes anything has a
    training like. Half of the rest, rounded down, validates; the others test: of two likes one
    trains and one tests.
    """
    rng = np.random.default_rng(seed)
    parts: tuple[list[NDArray[np.int32]], ...] = ([], [], [])
    for user_idx in range(likes.n_users):
        shuffled = rng.permutation(likes.row(user_idx))
        n_training = max(1, (3 * len(shuffled) + 5) // 10)
        n_validation = max(0, len(shuffled) - n_training) // 2
        pieces = np.split(shuffled, [n_training, n_training + n_validation])
        for part, piece in zip(parts, pieces, strict=True):
            part.append(piece)
    return Split(*(LikeMatrix.from_rows(rows, likes.n_items) for rows in parts))
