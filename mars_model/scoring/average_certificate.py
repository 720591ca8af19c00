"""Certified lists of the softmax average: a user's exact top-N from the lists of what they liked.

With y_l = s_lj + b_j, a score reaches t exactly where Σ_l φ_t(y_l) ≥ 0, φ_t(y) = e^y (y − t): the
average became a sum over slots. A list gives the terms of its entries. What it does not hold lies
between the slot's lowest relevance and the value where reading stopped, and φ_t is largest at one
of the two. Source: docs/scoring.md, "Certified lists".
"""

import numpy as np
from numpy.typing import NDArray

from mars_model.scoring.catalogue import Vectors
from mars_model.scoring.compiled import compiled
from mars_model.scoring.exact import SOFTMAX
from mars_model.scoring.list_candidates import (
    Biases,
    Lists,
    Rest,
    Scratch,
    User,
    first_candidates,
    phi,
    read_lists,
    settle_and_bar,
    survivors,
)

# Lists are read down to the N-th score less a depth; deeper reading costs entries, spares
# candidates and certifies more users, so a user who fails is read for deeper.
_DEPTHS = (0.25, 0.75, 2.0)


@compiled
def bound_rest(
    rows: NDArray[np.int32],
    cuts: NDArray[np.float64],
    lists: Lists,
    bins: NDArray[np.float32],
    threshold: float,
    out: NDArray[np.float64],
) -> float:
    """The largest term that each slot can have for a candidate that its list was not read for.

    Candidates are told apart by bins of their bias, `bins` [B, 2] with the lowest and the highest
    one. Fills `out` [n, B]; returns the largest sum over the slots: below 0, no candidate that no
    list was read for reaches the threshold.
    """
    worst = -np.inf
    for b in range(len(bins)):
        total = 0.0
        for i in range(len(rows)):
            low = lists.lowest[rows[i]] + bins[b, 0]
            high = max(low, min(cuts[i], lists.highest[rows[i]] + bins[b, 1]))
            out[i, b] = max(phi(low, threshold), phi(high, threshold))
            total += out[i, b]
        worst = max(worst, total)
    return worst


@compiled
def certify_average(
    user: User,
    lists: Lists,
    vectors: Vectors,
    biases: Biases,
    scratch: Scratch,
    scores: NDArray[np.float32],
    positions: NDArray[np.int32],
) -> tuple[bool, int, int]:
    """A user's best N into `scores` and `positions`; whether they are proved, and what it took.

    What the user must not get is in state `tag` already.
    Returns: is proved, entries read, candidates scored.
    """
    found = np.empty(2 * len(scores), dtype=np.int32)
    n_read = first_candidates(user, lists, scratch, found)
    n_scored = settle_and_bar(user, vectors, scratch, found, SOFTMAX, scores, positions)
    if positions[-1] < 0:
        return False, n_read, n_scored
    cuts = np.empty(len(user.rows))
    terms = np.empty((len(user.rows), len(biases.bins)))
    for depth in _DEPTHS:
        has_more = False
        for i in range(len(cuts)):
            floor, cut = lists.floors[user.rows[i]], scores[-1] - depth
            cuts[i] = max(floor, cut)
            has_more |= floor <= cut
        threshold = scores[-1] - biases.slack
        bound_rest(user.rows, cuts, lists, biases.bins, threshold, terms)
        rest = Rest(cuts, terms, terms.sum(axis=0))
        n_entries, n_touched = read_lists(user, lists, biases, scratch, rest, threshold, SOFTMAX)
        reached = survivors(scratch, n_touched)
        n_read += n_entries
        n_scored += settle_and_bar(user, vectors, scratch, reached, SOFTMAX, scores, positions)
        # The N-th score may have risen: the rest is judged by what it is now.
        threshold = scores[-1] - biases.slack
        if bound_rest(user.rows, cuts, lists, biases.bins, threshold, terms) < 0.0:
            return True, n_read, n_scored
        if not has_more:
            break
    return False, n_read, n_scored
