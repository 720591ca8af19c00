"""Items by popularity: head, middle and tail."""

import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix

HEAD, MIDDLE, TAIL = range(3)
_PART = 5  # the head holds a fifth of all likes, the tail another


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
