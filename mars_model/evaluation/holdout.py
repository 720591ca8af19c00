"""Splits each user's likes into a training part and a held-out part."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix


def hold_out(
    likes: LikeMatrix,
    share: float,
    seed: int,
    user_ids: NDArray[np.generic] | None = None,
    item_ids: NDArray[np.generic] | None = None,
) -> tuple[LikeMatrix, LikeMatrix]:
    """(training, held out): of a user's n likes ⌊share · n⌋ are held out, at random by `seed`.

    The draw of a like depends on the seed and its ids only (positions stand in for ids that are
    not given), so a model trained before new likes came has hardly seen those held out now.
    Users with too few likes for one held-out like keep them all for training. Both matrices
    keep all users and items.
    """
    n_likes = np.diff(likes.starts)
    user_of_like = likes.user_idx
    order = np.lexsort((_draws(likes, user_of_like, seed, user_ids, item_ids), user_of_like))
    place = np.arange(likes.n_likes) - likes.starts[user_of_like]
    n_held = np.floor(share * n_likes + 1e-9).astype(np.int64)
    is_held = np.zeros(likes.n_likes, dtype=bool)
    is_held[order] = place < n_held[user_of_like]
    return likes.only(~is_held), likes.only(is_held)


def _draws(
    likes: LikeMatrix,
    user_of_like: NDArray[np.int64],
    seed: int,
    user_ids: NDArray[np.generic] | None,
    item_ids: NDArray[np.generic] | None,
) -> NDArray[np.uint64]:
    """A number per like, as good as random: hashes of seed, user and item, each mixed again."""
    users = np.arange(likes.n_users) if user_ids is None else user_ids
    items = np.arange(likes.n_items) if item_ids is None else item_ids
    (start,) = _hash(np.array([seed]))
    of_user = _hash(_hash(users) ^ start)
    return _hash(of_user[user_of_like] ^ _hash(items)[likes.item_idx])


def _hash(values: NDArray[np.generic]) -> NDArray[np.uint64]:
    """The same 64 bits for the same value in every process."""
    plain = values if values.dtype.kind in "iu" else values.astype(object)
    return np.asarray(pd.util.hash_array(plain, categorize=False), dtype=np.uint64)
