"""Certified lists of the softmax average: a user's exact top-N from the lists of what they liked.

With y_l = s_lj + b_j, a score reaches t exactly where Σ_l φ_t(y_l) ≥ 0, φ_t(y) = e^y (y − t): the
average became a sum over slots. A list gives the terms of its entries. What it does not hold lies
between the slot's lowest relevance and the value where reading stopped, and φ_t is largest at one
of the two. Source: docs/scoring.md, "Certified lists".
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mars_model.scoring.catalogue import Vectors
from mars_model.scoring.compiled import compiled
from mars_model.scoring.exact import SOFTMAX
from mars_model.scoring.list_candidates import (
    Lists,
    Scratch,
    User,
    first_candidates,
    settle_and_bar,
    survivors,
)

# Lists are read down to the N-th score less a depth; deeper reading costs entries, spares
# candidates and certifies more users, so a user who fails is read for deeper.
_DEPTHS = (0.25, 0.75, 2.0)


class Biases(NamedTuple):
    """All candidates, told apart by bins of their bias."""

    bin_of: NDArray[np.uint8]  # [C]
    bins: NDArray[np.float32]  # [B, 2] lowest and highest bias
    slack: float  # how far float32 rounding of the lists may move a score


@compiled
def phi(y: float, threshold: float) -> float:
    """The term of one slot in the test whether a score reaches the threshold."""
    return math.exp(y) * (y - threshold)


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
        n_entries, n_touched = _read(user, lists, biases, scratch, cuts, terms, threshold)
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


@compiled
def _read(
    user: User,
    lists: Lists,
    biases: Biases,
    scratch: Scratch,
    cuts: NDArray[np.float64],
    terms: NDArray[np.float64],
    threshold: float,
) -> tuple[int, int]:
    """Read the lists down to `cuts` [n] and sum up what bounds the candidates that stand there.

    `terms` [n, B] are those of what was not read. Returns entries read, candidates touched.
    """
    state, sums, touched = scratch
    has_sum = user.tag + 1
    rest = terms.sum(axis=0)
    n_read, n_touched = 0, 0
    for i, row in enumerate(user.rows):
        for e in range(lists.values.shape[1]):
            y = lists.values[row, e]
            if y < cuts[i]:
                break
            n_read += 1
            j = lists.neighbours[row, e]
            if j < 0 or state[j] == user.tag or not user.allowed[j]:
                continue
            b = biases.bin_of[j]
            if state[j] != has_sum:
                state[j] = has_sum
                sums[j] = rest[b]
                touched[n_touched] = j
                n_touched += 1
            sums[j] += phi(y, threshold) - terms[i, b]
    return n_read, n_touched
