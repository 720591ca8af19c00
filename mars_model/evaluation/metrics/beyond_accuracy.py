"""What lists are like, whatever they hit: novelty, cold share, coverage, popularity."""

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.metrics.means import mean_over_lists
from mars_model.features.likes import LikeMatrix

HEAD, MIDDLE, TAIL = range(3)
_PART = 5  # the head holds a fifth of all likes, the tail another


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


def cold_share(ranked: NDArray[np.int64], training: LikeMatrix, k: int) -> NDArray[np.float64]:
    """Items that nobody likes in training, as a share of the first k of each user's list: [U].

    Divided by the list's length, at most k; users with an empty list are left out (NaN).
    """
    n_likes = np.bincount(training.item_idx, minlength=training.n_items)
    return mean_over_lists((n_likes == 0).astype(np.float64), ranked, k)


def catalogue_coverage(ranked: NDArray[np.int64], n_items: int, k: int) -> float:
    """Share of all items that stand among the first k of anybody's list.

    Divided by `n_items`, the whole catalogue, those without a training like included. It is no
    mean over users: every list counts, also those of users without a held-out like, so figures
    compare only over the same users. Ties: in the order given. 0 for an empty catalogue.
    """
    # Position −1, the end of a short list, marks what stands behind the last item.
    is_listed = np.zeros(n_items + 1, dtype=np.bool_)
    is_listed[ranked[:, :k]] = True
    return int(np.count_nonzero(is_listed[:n_items])) / n_items if n_items else 0.0


def popularity_groups(training: LikeMatrix) -> NDArray[np.int64]:
    """HEAD, MIDDLE or TAIL of each item: [n_items].

    Items ordered by training likes, most liked first, ties by position. The head are the first
    ones, up to the item with which they hold a fifth of all likes; the tail are the last ones
    that hold a fifth at most, items without a like included.
    Source: H. Abdollahpouri et al., "User-centered Evaluation of Popularity Bias in Recommender
    Systems" (2021).
    """
    n_likes = np.bincount(training.item_idx, minlength=training.n_items)
    order = np.argsort(-n_likes, kind="stable")
    n_before = np.cumsum(n_likes[order]) - n_likes[order]
    is_head = (_PART * n_before < training.n_likes) & (n_likes[order] > 0)
    is_tail = (_PART * n_before >= (_PART - 1) * training.n_likes) & ~is_head
    groups = np.empty(training.n_items, dtype=np.int64)
    groups[order] = np.where(is_head, HEAD, np.where(is_tail, TAIL, MIDDLE))
    return groups


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
