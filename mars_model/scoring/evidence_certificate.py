"""Certified lists of evidence: a user's exact top-N from the lists of what they liked.

With y_l = s_lj + b_j, a score reaches t exactly where Σ_l e^(y_l − t) ≥ 1: a sum of terms that are
not negative, as the threshold algorithm takes them (R. Fagin, A. Lotem, M. Naor, "Optimal
aggregation algorithms for middleware", 2003). What was not read of a list is at most the value
where reading stopped. Source: docs/scoring.md, "Certified lists".
"""

import math

import numpy as np
from numpy.typing import NDArray

from mars_model.scoring.catalogue import Vectors
from mars_model.scoring.compiled import compiled
from mars_model.scoring.exact import EVIDENCE
from mars_model.scoring.list_candidates import (
    Biases,
    Lists,
    Rest,
    Scratch,
    User,
    first_candidates,
    read_lists,
    settle_and_bar,
    survivors,
)

# Lists are read until what they may still hold is this share of what a list's end needs; less
# costs entries, spares candidates and certifies more users, so a user who fails is read for less.
_SHARES = (0.6, 0.2)
# Rounds in which the common end of reading is found: lists that end above it are few.
_ROUNDS = 4


@compiled
def certify_evidence(
    user: User,
    lists: Lists,
    vectors: Vectors,
    biases: Biases,
    scratch: Scratch,
    scores: NDArray[np.float32],
    positions: NDArray[np.int32],
) -> tuple[bool, int, int]:
    """A user's best N into `scores` and `positions`; whether they are proved, and what it took.

    What the user must not get is in state `tag` already; all candidates are in one bin.
    Returns: is proved, entries read, candidates scored.
    """
    found = np.empty(2 * len(scores), dtype=np.int32)
    n_read = first_candidates(user, lists, scratch, found)
    n_scored = settle_and_bar(user, vectors, scratch, found, EVIDENCE, scores, positions)
    if positions[-1] < 0:
        return False, n_read, n_scored
    cuts = np.empty(len(user.rows))
    for share in _SHARES:
        threshold = scores[-1] - biases.slack
        has_more = choose_cuts(user.rows, lists, threshold, share, cuts)
        terms = np.exp(cuts - threshold).reshape(-1, 1)
        # One less: a sum of 0 or more may reach the threshold.
        rest = Rest(cuts, terms, terms.sum(axis=0) - 1.0)
        n_entries, n_touched = read_lists(user, lists, biases, scratch, rest, threshold, EVIDENCE)
        reached = survivors(scratch, n_touched)
        n_read += n_entries
        n_scored += settle_and_bar(user, vectors, scratch, reached, EVIDENCE, scores, positions)
        # The N-th score may have risen: the rest is judged by what it is now.
        if np.exp(cuts - (scores[-1] - biases.slack)).sum() < 1.0:
            return True, n_read, n_scored
        if not has_more:
            break
    return False, n_read, n_scored


@compiled
def choose_cuts(
    rows: NDArray[np.int32],
    lists: Lists,
    threshold: float,
    share: float,
    cuts: NDArray[np.float64],
) -> bool:
    """Where to stop reading each list: nothing below a cut stands in its list unread.

    One value for all lists, so that what they hold below it adds up to `share`; but none is read
    below its floor, nor one that begins below the value. Fills `cuts` [n]; returns whether deeper
    reading is possible.
    """
    cut = threshold + math.log(share / len(rows))
    for _ in range(_ROUNDS):
        fixed, n_free = 0.0, 0
        for row in rows:
            top, floor = lists.values[row, 0], lists.floors[row]
            if top < cut:
                fixed += math.exp(top - threshold)
            elif floor > cut:
                fixed += math.exp(floor - threshold)
            else:
                n_free += 1
        if n_free == 0 or fixed >= share:
            break
        cut = threshold + math.log((share - fixed) / n_free)
    has_more = False
    for i in range(len(rows)):
        top, floor = lists.values[rows[i], 0], lists.floors[rows[i]]
        cuts[i] = max(floor, min(cut, top))
        has_more |= floor < cuts[i]
    return has_more
