"""Settles a shortlist exactly, and says for each winner which liked items count and how much."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.settings import AttentionKind

# Above this attention the identity for the counterfactual divides by almost nothing.
_NEARLY_ALL = 1 - 1e-6


@dataclass(frozen=True)
class Winners:
    """One user's list: N winners, at most R reasons each.

    Shapes: `order` [N] positions in the shortlist; `scores` float32 [N]; the others [N][≤R],
    by attention descending, then item id ascending; where every slot has attention 1, by
    contribution descending first. `slots` are positions in the history;
    `score_without` is NaN where no other slot is left.
    """

    order: NDArray[np.int64]
    scores: NDArray[np.float32]
    slots: list[NDArray[np.int64]]
    attention: list[NDArray[np.float32]]
    contribution: list[NDArray[np.float32]]
    score_without: list[NDArray[np.float32]]


def settle(
    memory: NDArray[np.float32],
    candidates: NDArray[np.float32],
    item_bias: NDArray[np.float32],
    n: int,
    n_reasons: int,
    kind: AttentionKind = "softmax",
) -> Winners:
    """Plain attention in float64 for a shortlist, rounded to float32, then ordered and explained.

    Shapes: `memory` [L, K] the user's slots by item id ascending, `candidates` [S, K] and
    `item_bias` [S] by item id ascending. A score is the sum of its contributions plus the bias.
    Source: Eq. 7–9; identities 1 and 4, docs/scoring.md.
    """
    relevance = memory.astype(np.float64) @ candidates.astype(np.float64).T  # [L, S]
    attention = _weigh(relevance, kind)
    contribution = attention * relevance
    total = contribution.sum(axis=0)
    scores = (total + item_bias).astype(np.float32)
    order = np.argsort(-scores, kind="stable")[:n]
    winners = Winners(order, scores[order], [], [], [], [])
    for candidate in order:
        share = attention[:, candidate].astype(np.float32)
        order_by = share if kind == "softmax" else contribution[:, candidate]
        slots = np.argsort(-order_by, kind="stable")[:n_reasons]
        slots = slots[share[slots] > 0]
        without = [
            _score_without(relevance[:, candidate], attention[:, candidate], slot, kind)
            for slot in slots
        ]
        winners.slots.append(slots)
        winners.attention.append(share[slots])
        winners.contribution.append(contribution[slots, candidate].astype(np.float32))
        winners.score_without.append((np.array(without) + item_bias[candidate]).astype(np.float32))
    return winners


def _weigh(relevance: NDArray[np.float64], kind: AttentionKind) -> NDArray[np.float64]:
    """Attention of each slot for each candidate, both [L, S]."""
    if kind == "sum":
        return np.ones_like(relevance)
    attention = np.exp(relevance - relevance.max(axis=0))
    return np.asarray(attention / attention.sum(axis=0))


def _score_without(
    relevance: NDArray[np.float64],
    attention: NDArray[np.float64],
    slot: np.int64,
    kind: AttentionKind,
) -> float:
    """The score had the user not liked this item, without bias: (r − α s) / (1 − α), identity 4.

    With attention "sum" it is r − s. NaN where no other slot is left.
    """
    if len(relevance) == 1:
        return float("nan")
    if kind == "sum":
        return float(relevance.sum() - relevance[slot])
    share = attention[slot]
    if share < _NEARLY_ALL:
        return float((attention @ relevance - share * relevance[slot]) / (1 - share))
    rest = np.delete(relevance, slot)
    weights = np.exp(rest - rest.max())
    return float(weights @ rest / weights.sum())
