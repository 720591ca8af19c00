"""A hand-made set: two groups of users who like items of their own, and items that say so."""

import numpy as np

from mars_model.evaluation.baselines.interface import Known
from mars_model.evaluation.ranking import Scores
from mars_model.features.likes import LikeMatrix

# Users 0-7 like items 0-5, users 8-13 items 6-11; everybody lacks one of the group's. The first
# group is the larger one, so its items are the most popular.
GROUPS = (range(6), range(6, 12))
ROWS = [
    [1, 2, 3, 4, 5], [0, 2, 3, 4, 5], [0, 1, 3, 4, 5], [0, 1, 2, 4, 5], [0, 1, 2, 3, 5],
    [0, 1, 2, 3, 4], [1, 2, 3, 4, 5], [0, 2, 3, 4, 5],
    [7, 8, 9, 10, 11], [6, 8, 9, 10, 11], [6, 7, 9, 10, 11], [6, 7, 8, 10, 11], [6, 7, 8, 9, 11],
    [6, 7, 8, 9, 10],
]  # fmt: skip
WORDS = [["dragon", "sword", "castle"]] * 6 + [["murder", "police", "clue"]] * 6


def known(seed: int = 1) -> Known:
    """Twelve items, fourteen users; on one thread, which is the fastest here."""
    return Known(LikeMatrix.from_rows(ROWS, n_items=12), WORDS, seed, n_threads=1)


def misplaced(scores: Scores) -> list[tuple[int, int, int]]:
    """Users, an item of their own group that they lack, and one of the others' above it."""
    likes = known().likes
    block = scores(np.arange(likes.n_users))
    assert block.shape == (14, 12) and block.dtype == np.float32
    found = []
    for user, row in enumerate(block):
        own, others = GROUPS if user < 8 else GROUPS[::-1]
        lacking = [item for item in own if item not in likes.row(user)]
        found += [(user, i, j) for i in lacking for j in others if row[i] <= row[j]]
    return found
