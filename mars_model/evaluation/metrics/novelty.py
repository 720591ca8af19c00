"""Novelty: how little known the recommended items are."""

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.metrics.list_means import mean_over_lists
from mars_model.features.likes import LikeMatrix


def novelty(ranked: NDArray[np.int64], training: LikeMatrix, k: int) -> NDArray[np.float64]:
    """Mean self-information −log2 p(item), in bits, over the first k of each user's list: [U].

    p is the share of users with a training like of the item among all users of `training`. An
    item without one counts as if a single user liked it, so no value is above log2(users).
    Divided by the list's length, at most k; users with an empty list are left out (NaN).
    Source: T. Zhou et al., "Solving the apparent diversity-accuracy dilemma of recommender
    systems" (2010), surprisal.
    """
    n_likes = np.bincount(training.item_idx, minlength=training.n_items)
    information = np.log2(training.n_users / np.maximum(n_likes, 1))
    return mean_over_lists(information, ranked, k)
