"""A hand-made set: two groups of users who like items of their own, and items that say so."""

import numpy as np

from mars_model.evaluation.baselines.interface import Known
from mars_model.evaluation.ranking import Scores
from mars_model.features.likes import LikeMatrix

# Users 0-7 like among items 0-5, users 8-15 among items 6-11; everybody lacks two of the group's.
# The first group is larger in likes: items 0-2 are the most popular of all.
GROUPS = (range(6), range(6, 12))
ROWS = [
    [0, 1, 2, 3], [0, 1, 2, 4], [0, 1, 2, 5], [0, 1, 3, 4], [0, 2, 3, 5], [1, 2, 4, 5],
    [0, 1, 4, 5], [0, 2, 3, 4],
    [6, 7, 8], [7, 8, 9], [8, 9, 10], [9, 10, 11], [6, 10, 11], [6, 7, 11],
    [6, 8, 10], [7, 9, 11],
]  # fmt: skip
WORDS = [["dragon", "sword", "castle"]] * 6 + [["murder", "police", "clue"]] * 6


def known(seed: int = 1) -> Known:
    """Twelve items, sixteen users; on one thread, which is the fastest here."""
    return Known(LikeMatrix.from_rows(ROWS, n_items=12), WORDS, seed, n_threads=1)


def misplaced(scores: Scores) -> list[tuple[int, int, int]]:
    """Users, an item of their own group that they lack, and one of the others' above it."""
    likes = known().likes
    block = scores(np.arange(likes.n_users))
    assert block.shape == (16, 12) and block.dtype == np.float32
    found = []
    for user, row in enumerate(block):
        own, others = GROUPS if user < 8 else GROUPS[::-1]
        lacking = [item for item in own if item not in likes.row(user)]
        found += [(user, i, j) for i in lacking for j in others if row[i] <= row[j]]
    return found
