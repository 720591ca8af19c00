"""The parts of a split, and what is stored of it with every figure."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix


@dataclass(frozen=True)
class Split:
    """Three parts of the likes without overlap, over the same users and all items.

    Shapes: T users with a training like. Nobody else has a row: there is nothing that a model
    could know of them, so their held-out likes are in no part; the record counts both.
    """

    training: LikeMatrix  # [T, n_items]
    validation: LikeMatrix  # [T, n_items]
    test: LikeMatrix  # [T, n_items]
    users: NDArray[np.int64]  # [T] positions in the likes that were split, ascending
    name: str  # the same for the same way of splitting, whatever the seed
    record: dict[str, Any]  # what JSON can hold: parameters, seed, counts

    @classmethod
    def of(
        cls,
        likes: LikeMatrix,
        is_validation: NDArray[np.bool_],
        is_test: NDArray[np.bool_],
        name: str,
        parameters: dict[str, Any],
    ) -> "Split":
        """Split by masks [n_likes] that do not overlap; what neither holds is for training."""
        training = likes.only(~(is_validation | is_test))
        users = np.flatnonzero(np.diff(training.starts))
        training = training.take(users)
        validation, test = (likes.only(held).take(users) for held in (is_validation, is_test))
        n_kept = training.n_likes + validation.n_likes + test.n_likes
        record = {
            "split": name,
            **parameters,
            "n_users": len(users),
            "n_training_likes": training.n_likes,
            "n_validation_likes": validation.n_likes,
            "n_test_likes": test.n_likes,
            "n_test_users": int(np.count_nonzero(np.diff(test.starts))),
            "n_users_left_out": int(np.count_nonzero(np.diff(likes.starts))) - len(users),
            "n_likes_left_out": likes.n_likes - n_kept,
        }
        return cls(training, validation, test, users, name, record)
