"""Says for each recommended item which liked items count and how much."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue, Vectors
from mars_model.scoring.compiled import compiled
from mars_model.scoring.exact import EVIDENCE, KINDS, SUM, gather_slots, relevance_of, weigh
from mars_model.settings import AttentionKind

# Above this attention the identity for the counterfactual divides by almost nothing.
_NEARLY_ALL = 1 - 1e-6
# The same of evidence, where what is left is a difference.
_MOST = 0.9


class Reasons(NamedTuple):
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
        histories.starts, histories.item_idx, catalogue.vectors(), positions, KINDS[kind], reasons
    )
    return reasons


@compiled
def _explain_block(
    starts: NDArray[np.int64],
    item_idx: NDArray[np.int32],
    vectors: Vectors,
    positions: NDArray[np.int32],
    kind: int,
    reasons: Reasons,
) -> None:
    wide = np.empty(vectors.candidates.shape[1])
    for u in range(len(positions)):
        own = gather_slots(vectors.memory, item_idx[starts[u] : starts[u + 1]])
        relevance, share = np.empty(len(own)), np.empty(len(own))
        weight = np.empty(len(own))
        for p in range(positions.shape[1]):
            j = positions[u, p]
            if j < 0:
                continue
            relevance_of(own, vectors.candidates[j], wide, relevance)
            total = weigh(relevance, kind, share)
            for slot in range(len(own)):
                weight[slot] = relevance[slot] if kind == SUM else np.float32(share[slot])
            chosen = reasons.slots[u, p]
            for r in range(_choose(weight, kind != SUM, chosen)):
                slot = chosen[r]
                reasons.attention[u, p, r] = share[slot]
                without = _score_without(relevance, share, slot, total, kind)
                reasons.score_without[u, p, r] = without + vectors.item_bias[j]
                added = share[slot] * relevance[slot]
                reasons.contribution[u, p, r] = total - without if kind == EVIDENCE else added


@compiled
def _choose(weight: NDArray[np.float64], is_positive: bool, chosen: NDArray[np.int32]) -> int:
    """The slots of most `weight`, in order, into `chosen` [R]; returns how many they are.

    `is_positive`: those of weight 0 are left out.
    """
    n_chosen, last = 0, len(chosen) - 1
    least = 0.0 if is_positive else -np.inf
    for slot in range(len(weight)):
        if not weight[slot] > least:
            continue
        place = min(n_chosen, last)
        while place > 0 and weight[slot] > weight[chosen[place - 1]]:
            chosen[place] = chosen[place - 1]
            place -= 1
        chosen[place] = slot
        n_chosen = min(n_chosen + 1, len(chosen))
        if n_chosen > last:
            least = weight[chosen[last]]
    return n_chosen


@compiled
def _score_without(
    relevance: NDArray[np.float64],
    share: NDArray[np.float64],
    slot: int,
    total: float,
    kind: int,
) -> float:
    """The score had the user not liked this item, without bias: (r − α s) / (1 − α), identity 4.

    With attention "sum" it is r − s, with "evidence" r + log(1 − α). NaN where no other slot is
    left.
    """
    if len(relevance) == 1:
        return np.nan
    if kind == SUM:
        return float(total - relevance[slot])
    if kind == EVIDENCE and share[slot] < _MOST:
        return float(total + math.log1p(-share[slot]))
    if kind != EVIDENCE and share[slot] < _NEARLY_ALL:
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
    return top + math.log(divisor) if kind == EVIDENCE else numerator / divisor
