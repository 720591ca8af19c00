"""Calibration of popularity: are lists as popular as what their users like?"""

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.metrics.list_means import mean_over_lists
from mars_model.evaluation.metrics.popularity_groups import HEAD, MIDDLE, TAIL, popularity_groups
from mars_model.features.likes import LikeMatrix


def popularity_miscalibration(
    ranked: NDArray[np.int64], training: LikeMatrix, k: int
) -> NDArray[np.float64]:
    """Divergence between the popularity of each user's list and of the training likes: [U].

    The shares of head, middle and tail items among the first k and among the user's training
    likes, compared by the Jensen-Shannon divergence in bits: 0 where they are equal, 1 where
    they have no group in common. Users with an empty list or without a training like are left
    out (NaN).
    Source: H. Abdollahpouri et al., "User-centered Evaluation of Popularity Bias in Recommender
    Systems" (2021), there averaged over groups of users and not over users.
    """
    is_in = popularity_groups(training) == np.array([[HEAD], [MIDDLE], [TAIL]])
    in_lists = np.stack([mean_over_lists(group.astype(float), ranked, k) for group in is_in])
    n_in_group = np.stack(
        [
            np.bincount(training.user_idx, group[training.item_idx], training.n_users)
            for group in is_in
        ]
    )
    n_liked = n_in_group.sum(axis=0)
    in_histories = n_in_group / np.where(n_liked > 0, n_liked, np.nan)
    middle = (in_lists + in_histories) / 2
    return (_divergence(in_lists, middle) + _divergence(in_histories, middle)) / 2


def _divergence(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Kullback-Leibler divergence in bits of columns [3, U]: [U]; q is 0 only where p is."""
    ratio = np.divide(p, q, out=np.ones_like(p), where=p != 0)
    return np.asarray((p * np.log2(ratio)).sum(axis=0), dtype=np.float64)
