"""Certified lists: a user's exact top-N from the neighbour lists of what they liked.

With y_l = s_lj + b_j, a score reaches t exactly where Σ_l φ_t(y_l) ≥ 0, φ_t(y) = e^y (y − t): the
softmax average became a sum over slots. A list gives the terms of its entries. What it does not
hold lies between the slot's lowest relevance and the value where reading stopped, and φ_t is
largest at one of the two. Source: docs/scoring.md, "Certified lists".
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mars_model.scoring.compiled import compiled
from mars_model.scoring.exact import offer, settle

# Lists are read down to the N-th score less a depth; deeper reading costs entries, spares
# candidates and certifies more users, so a user who fails is read for deeper.
_DEPTHS = (0.25, 0.75, 2.0)
# Entries that a user's first N-th score is looked for in.
_FIRST_ENTRIES = 1024


class Lists(NamedTuple):
    """The arrays of `NeighbourLists` by list."""

    neighbours: NDArray[np.int32]  # [L, T]
    values: NDArray[np.float32]  # [L, T]
    floors: NDArray[np.float32]  # [L]
    lowest: NDArray[np.float32]  # [L]
    highest: NDArray[np.float32]  # [L]


class Candidates(NamedTuple):
    """All candidates, told apart by bins of their bias."""

    vectors: NDArray[np.float32]  # [C, K]
    bias: NDArray[np.float32]  # [C]
    bin_of: NDArray[np.uint8]  # [C]
    bins: NDArray[np.float32]  # [B, 2] lowest and highest bias
    slack: float  # how far float32 rounding of the lists may move a score


class Scratch(NamedTuple):
    """What a user leaves behind is told from the next one's by a tag; tags ascend by 2."""

    barred: NDArray[np.int32]  # [C] the tag: must not be taken in (again)
    touched_by: NDArray[np.int32]  # [C] the tag: `sums` holds something
    sums: NDArray[np.float64]  # [C]


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
def first_candidates(
    rows: NDArray[np.int32],
    lists: Lists,
    scratch: Scratch,
    allowed: NDArray[np.bool_],
    tag: int,
    found: NDArray[np.int32],
) -> int:
    """The candidates with the largest Σ e^y over the heads of the lists into `found` [M].

    Returns the number of entries read; empty places of `found` are −1.
    """
    barred, touched_by, sums = scratch
    found[:] = -1
    length = lists.values.shape[1]
    n_heads = min(length, max(4, _FIRST_ENTRIES // len(rows)))
    n_read = 0
    best = np.full(len(found), -np.inf, dtype=np.float32)
    while True:
        touched = np.empty(min(len(rows) * n_heads, len(barred)), dtype=np.int32)
        n_touched = 0
        for row in rows:
            for e in range(n_heads):
                j = lists.neighbours[row, e]
                if j < 0 or barred[j] == tag or not allowed[j]:
                    continue
                n_read += 1
                if touched_by[j] != tag:
                    touched_by[j] = tag
                    sums[j] = 0.0
                    touched[n_touched] = j
                    n_touched += 1
                sums[j] += math.exp(lists.values[row, e])
        if n_touched >= len(found) or n_heads == length:
            for j in touched[:n_touched]:
                offer(best, found, sums[j], j)
                touched_by[j] = tag - 1
            return n_read
        for j in touched[:n_touched]:
            touched_by[j] = tag - 1
        n_heads = min(length, 4 * n_heads)


@compiled
def certify(
    own: NDArray[np.float64],
    rows: NDArray[np.int32],
    lists: Lists,
    candidates: Candidates,
    scratch: Scratch,
    allowed: NDArray[np.bool_],
    tag: int,
    scores: NDArray[np.float32],
    positions: NDArray[np.int32],
) -> tuple[bool, int, int]:
    """A user's best N into `scores` and `positions`; whether they are proved, and what it took.

    Shapes: n slots, C candidates, N = len(scores). `own` [n, K]; `rows` [n] of the lists;
    `allowed` [C]. What the user must not get is barred by the tag already.
    Returns: is proved, entries read, candidates scored.
    """
    n_top = len(scores)
    found = np.empty(2 * n_top, dtype=np.int32)
    n_read = first_candidates(rows, lists, scratch, allowed, tag, found)
    barred, touched_by, sums = scratch
    bins, bin_of = candidates.bins, candidates.bin_of
    settle(own, candidates.vectors, candidates.bias, found, False, scores, positions)
    n_scored = 0
    for j in found:
        if j >= 0:
            barred[j] = tag  # scored already
            n_scored += 1
    if positions[n_top - 1] < 0:
        return False, n_read, n_scored
    cuts = np.empty(len(rows))
    terms = np.empty((len(rows), len(bins)))
    rest = np.empty(len(bins))
    touched = np.empty(min(len(rows) * lists.values.shape[1], len(bin_of)), dtype=np.int32)
    survivor = np.empty(1, dtype=np.int32)
    for depth in _DEPTHS:
        has_more = False
        for i in range(len(rows)):
            cuts[i] = scores[n_top - 1] - depth
            if lists.floors[rows[i]] > cuts[i]:
                cuts[i] = lists.floors[rows[i]]
            else:
                has_more = True
        threshold = scores[n_top - 1] - candidates.slack
        bound_rest(rows, cuts, lists, bins, threshold, terms)
        rest[:] = 0.0
        for i in range(len(rows)):
            rest += terms[i]
        n_touched = 0
        for i in range(len(rows)):
            row = rows[i]
            for e in range(lists.values.shape[1]):
                y = lists.values[row, e]
                if y < cuts[i]:
                    break
                n_read += 1
                j = lists.neighbours[row, e]
                if j < 0 or barred[j] == tag or not allowed[j]:
                    continue
                if touched_by[j] != tag:
                    touched_by[j] = tag
                    sums[j] = rest[bin_of[j]]
                    touched[n_touched] = j
                    n_touched += 1
                sums[j] += phi(y, threshold) - terms[i, bin_of[j]]
        for j in touched[:n_touched]:
            touched_by[j] = tag - 1
            if sums[j] >= 0.0:
                survivor[0] = j
                settle(own, candidates.vectors, candidates.bias, survivor, False, scores, positions)
                barred[j] = tag
                n_scored += 1
        # The N-th score may have risen: the rest is judged by what it is now.
        threshold = scores[n_top - 1] - candidates.slack
        if bound_rest(rows, cuts, lists, bins, threshold, terms) < 0.0:
            return True, n_read, n_scored
        if not has_more:
            break
    return False, n_read, n_scored
