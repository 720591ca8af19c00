"""Likes in the form that cornac's models take."""

from collections import OrderedDict

import numpy as np
from cornac.data import Dataset

from mars_model.features.likes import LikeMatrix


def dataset_of(likes: LikeMatrix, seed: int) -> Dataset:
    """Likes as cornac has them, ids being positions: all items are known, liked or not."""
    users = likes.user_idx
    return Dataset(
        likes.n_users,
        likes.n_items,
        OrderedDict((user, user) for user in range(likes.n_users)),
        OrderedDict((item, item) for item in range(likes.n_items)),
        (users, likes.item_idx.astype(np.int64), np.ones(likes.n_likes)),
        seed=seed,
    )
