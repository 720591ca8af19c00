"""The one arithmetic that decides a score: attention in float64, for one user and any candidates.

Every list is ordered by it, whichever way its candidates were found. A score depends on the user's
slots and the candidate alone, never on what else is scored, so no size of a block changes a list.
Source: Eq. 7–9; docs/scoring.md, "What a score is, to the last place".
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mars_model.scoring.catalogue import Vectors
from mars_model.scoring.compiled import compiled, compiled_reordered
from mars_model.settings import AttentionKind

# Kinds of attention, as compiled code knows them.
SOFTMAX, SUM, EVIDENCE = 0, 1, 2
KINDS: Mapping[AttentionKind, int] = {"softmax": SOFTMAX, "sum": SUM, "evidence": EVIDENCE}


@compiled_reordered
def inner(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """The inner product of two vectors [K]; products of float32 numbers are exact in float64."""
    total = 0.0
    for k in range(len(left)):
        total += left[k] * right[k]
    return total


@compiled
def gather_slots(memory: NDArray[np.float32], slots: NDArray[np.int32]) -> NDArray[np.float64]:
    """A user's memory in float64: rows `slots` of `memory` [I, K] as [n, K]."""
    out = np.empty((len(slots), memory.shape[1]))
    for i in range(len(slots)):
        for k in range(memory.shape[1]):
            out[i, k] = memory[slots[i], k]
    return out


@compiled
def relevance_of(
    own: NDArray[np.float64],
    candidate: NDArray[np.float32],
    wide: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Relevance of every slot for one candidate: `own` [n, K], `out` [n]; `wide` [K] is scratch."""
    for k in range(len(candidate)):
        wide[k] = candidate[k]
    for i in range(len(out)):
        out[i] = inner(own[i], wide)


@compiled
def weigh(relevance: NDArray[np.float64], kind: int, out: NDArray[np.float64]) -> float:
    """Attention of every slot into `out` [n]; returns the score without bias.

    SOFTMAX: their average of relevance; EVIDENCE: the log of what they are divided by; SUM: every
    attention is 1, and relevance is added up.
    """
    top = relevance[0]
    for i in range(1, len(relevance)):
        top = max(top, relevance[i])
    divisor = 0.0
    for i in range(len(relevance)):
        out[i] = 1.0 if kind == SUM else math.exp(relevance[i] - top)
        divisor += out[i]
    if kind == SUM:
        divisor = 1.0
    total = 0.0
    for i in range(len(relevance)):
        out[i] /= divisor
        total += out[i] * relevance[i]
    return top + math.log(divisor) if kind == EVIDENCE else total


def empty_lists(n_users: int, n: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Scores and positions [U, N] of lists that nothing was offered to: −inf and −1."""
    scores = np.full((n_users, n), -np.inf, dtype=np.float32)
    return scores, np.full((n_users, n), -1, dtype=np.int32)


@compiled
def offer(
    scores: NDArray[np.float32],
    positions: NDArray[np.int32],
    score: float | np.floating[Any],
    position: int,
) -> None:
    """Insert into a list [N], best first, of equal scores the lower position; empty places are −1.

    A score that is no number is never taken in.
    """
    last = len(scores) - 1
    if not (positions[last] < 0 or score > scores[last]) and not (
        score == scores[last] and position < positions[last]
    ):
        return
    if score != score:
        return
    place = last
    while place > 0 and (
        positions[place - 1] < 0
        or score > scores[place - 1]
        or (score == scores[place - 1] and position < positions[place - 1])
    ):
        scores[place] = scores[place - 1]
        positions[place] = positions[place - 1]
        place -= 1
    scores[place] = score
    positions[place] = position


@compiled
def settle(
    own: NDArray[np.float64],
    vectors: Vectors,
    found: NDArray[np.int32],
    kind: int,
    scores: NDArray[np.float32],
    positions: NDArray[np.int32],
) -> None:
    """Score the candidates `found` (negative ones are skipped) and offer each to a user's list.

    Shapes: `own` [n, K]; `scores` and `positions` [N].
    """
    relevance = np.empty(len(own))
    attention = np.empty(len(own))
    wide = np.empty(own.shape[1])
    for position in found:
        if position >= 0:
            relevance_of(own, vectors.candidates[position], wide, relevance)
            total = weigh(relevance, kind, attention) + vectors.item_bias[position]
            offer(scores, positions, np.float32(total), position)
