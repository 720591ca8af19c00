"""Splits each user's likes into a training part and a held-out part."""

import math

import numpy as np

from mars_model.features.likes import LikeMatrix


def hold_out(likes: LikeMatrix, share: float, seed: int) -> tuple[LikeMatrix, LikeMatrix]:
    """(training, held out): of a user's n likes ⌊share · n⌋ are held out, at random by `seed`.

    Users with too few likes for one held-out like keep them all for training. Both matrices
    keep all users and items.
    """
    rng = np.random.default_rng(seed)
    kept, held = [], []
    for user_idx in range(likes.n_users):
        shuffled = rng.permutation(likes.row(user_idx))
        n_held = math.floor(share * len(shuffled) + 1e-9)
        held.append(shuffled[:n_held])
        kept.append(shuffled[n_held:])
    return LikeMatrix.from_rows(kept, likes.n_items), LikeMatrix.from_rows(held, likes.n_items)
