"""Candidates from the neighbour lists of what a user liked: what both certificates stand on."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mars_model.scoring.catalogue import Vectors
from mars_model.scoring.compiled import compiled
from mars_model.scoring.exact import EVIDENCE, offer, settle

# Entries that a user's first N-th score is looked for in.
_FIRST_ENTRIES = 1024


class Lists(NamedTuple):
    """The arrays of `NeighbourLists` by list."""

    neighbours: NDArray[np.int32]  # [L, T]
    values: NDArray[np.float32]  # [L, T]
    floors: NDArray[np.float32]  # [L]
    lowest: NDArray[np.float32]  # [L]
    highest: NDArray[np.float32]  # [L]


class Biases(NamedTuple):
    """All candidates, told apart by bins of their bias."""

    bin_of: NDArray[np.uint8]  # [C]
    bins: NDArray[np.float32]  # [B, 2] lowest and highest bias
    slack: float  # how far float32 rounding of the lists may move a score


class Rest(NamedTuple):
    """What bounds the part of n lists that is not read, for candidates in B bins."""

    cuts: NDArray[np.float64]  # [n] no value below stands in what is read
    terms: NDArray[np.float64]  # [n, B] the largest that a slot's can be
    totals: NDArray[np.float64]  # [B] of candidates that no list was read for


class Scratch(NamedTuple):
    """What a user leaves behind is told from the next one's by a tag; tags ascend by 2."""

    state: NDArray[np.int32]  # [C] the tag: must not be taken in (again); tag + 1: has a sum
    sums: NDArray[np.float64]  # [C]
    touched: NDArray[np.int32]  # [C] candidates that have a sum


class User(NamedTuple):
    """A user with n slots: their vectors in float64, their lists, and what the segment may get."""

    own: NDArray[np.float64]  # [n, K]
    rows: NDArray[np.int32]  # [n] of the lists
    allowed: NDArray[np.bool_]  # [C]
    tag: int


@compiled
def first_candidates(user: User, lists: Lists, scratch: Scratch, found: NDArray[np.int32]) -> int:
    """The candidates with the largest Σ e^y over the heads of the lists into `found` [M].

    Returns the number of entries read; empty places of `found` are −1.
    """
    state, sums, touched = scratch
    has_sum = user.tag + 1
    found[:] = -1
    length = lists.values.shape[1]
    n_heads = min(length, max(4, _FIRST_ENTRIES // len(user.rows)))
    n_read = 0
    while True:
        n_touched = 0
        for row in user.rows:
            for e in range(n_heads):
                j = lists.neighbours[row, e]
                if j < 0 or state[j] == user.tag or not user.allowed[j]:
                    continue
                n_read += 1
                if state[j] != has_sum:
                    state[j] = has_sum
                    sums[j] = 0.0
                    touched[n_touched] = j
                    n_touched += 1
                sums[j] += math.exp(lists.values[row, e])
        for j in touched[:n_touched]:
            state[j] = 0
        if n_touched >= len(found) or n_heads == length:
            best = np.full(len(found), -np.inf, dtype=np.float32)
            for j in touched[:n_touched]:
                offer(best, found, sums[j], j)
            return n_read
        n_heads = min(length, 4 * n_heads)


@compiled
def settle_and_bar(
    user: User,
    vectors: Vectors,
    scratch: Scratch,
    found: NDArray[np.int32],
    kind: int,
    scores: NDArray[np.float32],
    positions: NDArray[np.int32],
) -> int:
    """Score candidates once and for all; returns how many they were."""
    settle(user.own, vectors, found, kind, scores, positions)
    n_scored = 0
    for j in found:
        if j >= 0:
            scratch.state[j] = user.tag
            n_scored += 1
    return n_scored


@compiled
def phi(y: float, threshold: float) -> float:
    """The term of one slot in the test whether a score reaches the threshold."""
    return math.exp(y) * (y - threshold)


@compiled
def read_lists(
    user: User,
    lists: Lists,
    biases: Biases,
    scratch: Scratch,
    rest: Rest,
    threshold: float,
    kind: int,
) -> tuple[int, int]:
    """Read the lists down to their cuts and sum up what bounds the candidates that stand there.

    Returns entries read, candidates touched; a sum of 0 or more may reach the threshold.
    """
    state, sums, touched = scratch
    has_sum = user.tag + 1
    n_read, n_touched = 0, 0
    for i, row in enumerate(user.rows):
        for e in range(lists.values.shape[1]):
            y = lists.values[row, e]
            if y < rest.cuts[i]:
                break
            n_read += 1
            j = lists.neighbours[row, e]
            if j < 0 or state[j] == user.tag or not user.allowed[j]:
                continue
            b = biases.bin_of[j]
            if state[j] != has_sum:
                state[j] = has_sum
                sums[j] = rest.totals[b]
                touched[n_touched] = j
                n_touched += 1
            term = math.exp(y - threshold) if kind == EVIDENCE else phi(y, threshold)
            sums[j] += term - rest.terms[i, b]
    return n_read, n_touched


@compiled
def survivors(scratch: Scratch, n_touched: int) -> NDArray[np.int32]:
    """The touched candidates whose bound reaches the threshold, at the front of `touched`."""
    n_left = 0
    for j in scratch.touched[:n_touched]:
        scratch.state[j] = 0
        if scratch.sums[j] >= 0.0:
            scratch.touched[n_left] = j
            n_left += 1
    return scratch.touched[:n_left]
