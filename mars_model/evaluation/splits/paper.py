"""The paper's split: 30 % of each user's likes train, the rest halved."""

import numpy as np

from mars_model.evaluation.splits.split import Split
from mars_model.features.likes import LikeMatrix


def split_likes(likes: LikeMatrix, seed: int) -> Split:
    """Split each user's likes at random by `seed`: 30 % train, 35 % validate, 35 % test.

    Of n likes max(1, 0.3 n rounded, halves up) train, so everybody who likes anything has a
    training like. Half of the rest, rounded down, validates; the others test: of two likes one
    trains and one tests.
    """
    rng = np.random.default_rng(seed)
    is_validation = np.zeros(likes.n_likes, dtype=np.bool_)
    is_test = np.zeros(likes.n_likes, dtype=np.bool_)
    for start, n_likes in zip(likes.starts.tolist(), np.diff(likes.starts).tolist(), strict=False):
        shuffled = start + rng.permutation(n_likes)
        n_training = max(1, (3 * n_likes + 5) // 10)
        n_validation = max(0, n_likes - n_training) // 2
        is_validation[shuffled[n_training : n_training + n_validation]] = True
        is_test[shuffled[n_training + n_validation :]] = True
    return Split.of(likes, is_validation, is_test, "paper", {"training_share": 0.3, "seed": seed})
