"""Says for each recommended item which liked items count and how much."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.compiled import compiled
from mars_model.scoring.exact import gather_slots, relevance_of, weigh
from mars_model.settings import AttentionKind

# Above this attention the identity for the counterfactual divides by almost nothing.
_NEARLY_ALL = 1 - 1e-6


@dataclass(frozen=True)
class Reasons:
    """At most R reasons for each of N items of U users, all arrays [U, N, R].

    By attention descending, then item id ascending; where every slot has attention 1, by
    contribution descending first. `slots` are positions in the user's history, −1 behind the last
    reason; `score_without` is NaN where no other slot is left.
    """

    slots: NDArray[np.int32]
    attention: NDArray[np.float32]
    contribution: NDArray[np.float32]
    score_without: NDArray[np.float32]


def explain(
    catalogue: Catalogue,
    histories: LikeMatrix,
    positions: NDArray[np.int32],
    n_reasons: int,
    kind: AttentionKind,
) -> Reasons:
    """The reasons for the candidates at `positions` [U, N], −1: none.

    Contributions add up to the score less the item's bias. Source: Eq. 7–9; identities 1 and 4,
    docs/scoring.md.
    """
    shape = (*positions.shape, n_reasons)
    reasons = Reasons(
        np.full(shape, -1, dtype=np.int32), *(np.zeros(shape, dtype=np.float32) for _ in range(3))
    )
    _explain_block(
        histories.starts,
        histories.item_idx,
        np.asarray(catalogue.memory),
        np.asarray(catalogue.candidates),
        np.asarray(catalogue.item_bias),
        positions,
        kind == "sum",
        reasons.slots,
        reasons.attention,
        reasons.contribution,
        reasons.score_without,
    )
    return reasons


@compiled
def _explain_block(
    starts: NDArray[np.int64],
    item_idx: NDArray[np.int32],
    memory: NDArray[np.float32],
    candidates: NDArray[np.float32],
    item_bias: NDArray[np.float32],
    positions: NDArray[np.int32],
    is_sum: bool,
    slots: NDArray[np.int32],
    attention: NDArray[np.float32],
    contribution: NDArray[np.float32],
    score_without: NDArray[np.float32],
) -> None:
    wide = np.empty(candidates.shape[1])
    for u in range(len(positions)):
        liked = item_idx[starts[u] : starts[u + 1]]
        n_reasons = min(slots.shape[2], len(liked))
        own = np.empty((len(liked), memory.shape[1]))
        gather_slots(memory, liked, own)
        relevance = np.empty(len(liked))
        share = np.empty(len(liked))
        for p in range(positions.shape[1]):
            j = positions[u, p]
            if j < 0:
                continue
            relevance_of(own, candidates[j], wide, relevance)
            total = weigh(relevance, is_sum, share)
            chosen = slots[u, p]
            n_chosen = 0
            for slot in range(len(liked)):
                if np.float32(share[slot]) > 0:
                    n_chosen = _insert(chosen, n_chosen, n_reasons, slot, relevance, share, is_sum)
            for r in range(n_chosen):
                slot = chosen[r]
                attention[u, p, r] = share[slot]
                contribution[u, p, r] = share[slot] * relevance[slot]
                without = _score_without(relevance, share, slot, total, is_sum)
                score_without[u, p, r] = without + item_bias[j]


@compiled
def _insert(
    chosen: NDArray[np.int32],
    n_chosen: int,
    n_reasons: int,
    slot: int,
    relevance: NDArray[np.float64],
    share: NDArray[np.float64],
    is_sum: bool,
) -> int:
    """Keep the slots that count most, in order; returns how many there are now."""
    place = n_chosen
    while place > 0:
        before = chosen[place - 1]
        if is_sum:
            counts_more = relevance[slot] > relevance[before]
        else:
            counts_more = np.float32(share[slot]) > np.float32(share[before])
        if not counts_more:
            break
        place -= 1
    if place == n_reasons:
        return n_chosen
    n_chosen = min(n_chosen + 1, n_reasons)
    for later in range(n_chosen - 1, place, -1):
        chosen[later] = chosen[later - 1]
    chosen[place] = slot
    return n_chosen


@compiled
def _score_without(
    relevance: NDArray[np.float64],
    share: NDArray[np.float64],
    slot: int,
    total: float,
    is_sum: bool,
) -> float:
    """The score had the user not liked this item, without bias: (r − α s) / (1 − α), identity 4.

    With attention "sum" it is r − s. NaN where no other slot is left.
    """
    if len(relevance) == 1:
        return np.nan
    if is_sum:
        return float(total - relevance[slot])
    if share[slot] < _NEARLY_ALL:
        return float((total - share[slot] * relevance[slot]) / (1 - share[slot]))
    top = -np.inf
    for i in range(len(relevance)):
        if i != slot:
            top = max(top, relevance[i])
    numerator, divisor = 0.0, 0.0
    for i in range(len(relevance)):
        if i != slot:
            weight = math.exp(relevance[i] - top)
            numerator += weight * relevance[i]
            divisor += weight
    return numerator / divisor
