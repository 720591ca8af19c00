"""Attention for one user in float64, written out: what every way to a list is held to."""

from typing import NamedTuple

import numpy as np

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.certified_lists import NeighbourLists


class Reason(NamedTuple):
    """A slot, its attention, what it adds to the score, and the score without it."""

    slot: int
    attention: float
    contribution: float
    score_without: float


def relevance_by_loop(memory: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """[n, C] in float64. Sums of equal products are equal, so twins tie as they must."""
    wide = candidates.astype(np.float64)
    return np.array([(wide * slot.astype(np.float64)).sum(axis=1) for slot in memory])


def mean_by_softmax(relevance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores [C] without bias and attention [n, C] (Eq. 7-9)."""
    weights = np.exp(relevance - relevance.max(axis=0))
    attention = weights / weights.sum(axis=0)
    return (attention * relevance).sum(axis=0), attention


def scores_by_loop(catalogue: Catalogue, history, kind: str = "softmax") -> np.ndarray:
    """Scores of all candidates [C] for one user, float64."""
    relevance = relevance_by_loop(catalogue.memory[list(history)], catalogue.candidates)
    if kind == "evidence":
        top = relevance.max(axis=0)
        total = np.log(np.exp(relevance - top).sum(axis=0)) + top
    else:
        total = relevance.sum(axis=0) if kind == "sum" else mean_by_softmax(relevance)[0]
    return total + catalogue.item_bias.astype(np.float64)


def list_by_loop(
    catalogue: Catalogue, history, n: int, segment: int = 0, kind: str = "softmax"
) -> tuple[list[int], list[float]]:
    """Positions and float64 scores of one user's list, −1 and −inf behind its end."""
    scores = scores_by_loop(catalogue, history, kind)
    rounded = scores.astype(np.float32)
    seen = set(history)
    may = [
        position
        for position, item in enumerate(catalogue.candidate_idx.tolist())
        if item not in seen and catalogue.allowed[segment][position]
    ]
    best = sorted(may, key=lambda position: (-rounded[position], position))[:n]
    n_empty = n - len(best)
    return best + [-1] * n_empty, [*scores[best].tolist(), *[-np.inf] * n_empty]


def reasons_by_loop(
    catalogue: Catalogue, history, position: int, n_reasons: int, kind: str = "softmax"
) -> list[Reason]:
    """The reasons for one candidate; without an item, the score of the history without it."""
    candidate = catalogue.candidates[[position]]
    relevance = relevance_by_loop(catalogue.memory[list(history)], candidate)
    attention = mean_by_softmax(relevance)[1][:, 0]
    order = sorted(range(len(history)), key=lambda slot: (-np.float32(attention[slot]), slot))
    score = scores_by_loop(catalogue, history, kind)[position]
    found = []
    for slot in order[:n_reasons]:
        others = [item for place, item in enumerate(history) if place != slot]
        without = scores_by_loop(catalogue, others, kind)[position] if others else np.nan
        if np.float32(attention[slot]) > 0:
            share = float(attention[slot])
            added = score - without if kind == "evidence" else share * float(relevance[slot, 0])
            found.append(Reason(slot, share, float(added), float(without)))
    return found


def lists_by_sorting(catalogue: Catalogue, length: int) -> NeighbourLists:
    """Neighbour lists of every item by sorting the whole row, values in float32."""
    relevance = catalogue.memory @ catalogue.candidates.T
    values = relevance + catalogue.item_bias
    order = np.argsort(-values, axis=1, kind="stable")
    n_items, n_candidates = values.shape
    n_held = min(length, n_candidates)
    neighbours = np.full((n_items, length), -1, dtype=np.int32)
    held = np.full((n_items, length), -np.inf, dtype=np.float32)
    neighbours[:, :n_held] = order[:, :n_held]
    sorted_values = np.take_along_axis(values, order, axis=1)
    held[:, :n_held] = sorted_values[:, :n_held]
    floors = np.full(n_items, -np.inf, dtype=np.float32)
    if n_candidates > length:
        floors = np.ascontiguousarray(sorted_values[:, length])
    rows = np.arange(n_items, dtype=np.int32)
    none = np.zeros(0, dtype=np.int32)
    ends = relevance.min(axis=1), relevance.max(axis=1)
    return NeighbourLists(rows, neighbours, held, floors, *ends, none)


def no_segments(histories: LikeMatrix) -> np.ndarray:
    """Nobody is in a segment."""
    return np.zeros(histories.n_users, dtype=np.int32)
