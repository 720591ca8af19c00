"""What an item is there for, by scoring again without every like and every pair of likes."""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from mars_model.scoring.catalogue import Catalogue
from tests.scoring.plain import list_by_loop, relevance_by_loop


class PlainClaim(NamedTuple):
    """A kind, the sets of slots of which one must be named, and the slots that help."""

    kind: str
    may_name: list[set[int]]
    helping: list[int]


def score_without(
    catalogue: Catalogue, history, left_out, position: int, kind: str = "softmax"
) -> np.float32:
    """The item's score had the user not liked the slots `left_out`, −inf where none is left."""
    others = [item for slot, item in enumerate(history) if slot not in left_out]
    if not others:
        return np.float32(-np.inf)
    candidate = catalogue.candidates[[position]]
    s = relevance_by_loop(catalogue.memory[others], candidate)[:, 0]
    weights = np.exp(s - s.max())
    total = {
        "softmax": (weights / weights.sum() * s).sum(),
        "evidence": s.max() + np.log(weights.sum()),
        "sum": s.sum(),
    }[kind]
    return np.float32(total + np.float64(catalogue.item_bias[position]))


def helping_slots(catalogue: Catalogue, history, position: int, kind: str = "softmax") -> list[int]:
    """The slots without which the score is lower."""
    score = score_without(catalogue, history, (), position, kind)
    return [
        slot
        for slot in range(len(history))
        if score_without(catalogue, history, (slot,), position, kind) < score
    ]


def fallback_by_loop(catalogue: Catalogue, history, n: int, segment: int = 0) -> list[int]:
    """Positions of the n most liked candidates that the user may get."""
    order = sorted(
        range(len(catalogue.candidate_idx)),
        key=lambda place: (-catalogue.n_likes[catalogue.candidate_idx[place]], place),
    )
    liked = set(history)
    may = [
        place
        for place in order
        if catalogue.candidate_idx[place] not in liked and catalogue.allowed[segment][place]
    ]
    return may[:n]


def best_unlisted_by_loop(
    catalogue: Catalogue, history, n: int, segment: int = 0, kind: str = "softmax"
) -> np.float32:
    """The score of the best item behind the list, −inf where there is none."""
    return np.float32(list_by_loop(catalogue, history, n + 1, segment, kind)[1][n])


def claim_by_loop(
    catalogue: Catalogue, history, position: int, limit: np.float32, fallback, kind: str = "softmax"
) -> PlainClaim:
    """What the candidate at a position is there for; of likes of equal effect any may be named."""
    helping = helping_slots(catalogue, history, position, kind)
    for size in (1, 2):
        without = {
            chosen: score_without(catalogue, history, chosen, position, kind)
            for chosen in combinations(helping, size)
        }
        if without and min(without.values()) < limit:
            return PlainClaim("likes", _lowest(without), helping)
    if position in fallback:
        return PlainClaim("popularity", [set()], helping)
    alone = {s: score_without(catalogue, history, (s,), position, kind) for s in helping}
    pairs = {(a, b): alone[a] + alone[b] for a, b in combinations(helping, 2)}
    return PlainClaim("taste", _lowest(pairs) if pairs else [set(helping)], helping)


def _lowest(scores: dict[tuple[int, ...], np.float32]) -> list[set[int]]:
    """The keys of the lowest score, give or take rounding."""
    lowest = min(scores.values())
    return [set(k) for k, score in scores.items() if score == lowest or score <= lowest + 1e-5]
