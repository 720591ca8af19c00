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


class PlainItem:
    """One candidate for one user: relevance by slot, and what it scores without some."""

    def __init__(self, catalogue: Catalogue, history, position: int, kind: str) -> None:
        candidate = catalogue.candidates[[position]]
        self.relevance = relevance_by_loop(catalogue.memory[list(history)], candidate)[:, 0]
        self.bias, self.kind = np.float64(catalogue.item_bias[position]), kind

    def score_without(self, left_out) -> np.float32:
        """The score had the user not liked these slots, −inf where none is left."""
        is_left = np.ones(len(self.relevance), dtype=bool)
        is_left[list(left_out)] = False
        if not is_left.any():
            return np.float32(-np.inf)
        s = self.relevance[is_left]
        if self.kind == "sum":
            return np.float32(s.sum() + self.bias)
        weights = np.exp(s - s.max())
        if self.kind == "evidence":
            return np.float32(s.max() + np.log(weights.sum()) + self.bias)
        return np.float32((weights / weights.sum() * s).sum() + self.bias)

    def helping(self) -> list[int]:
        """The slots without which the score is lower."""
        score = self.score_without([])
        return [n for n in range(len(self.relevance)) if self.score_without([n]) < score]


def score_without(
    catalogue: Catalogue, history, left_out, position: int, kind: str = "softmax"
) -> np.float32:
    """The item's score had the user not liked the slots `left_out`, −inf where none is left."""
    return PlainItem(catalogue, history, position, kind).score_without(left_out)


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
    item = PlainItem(catalogue, history, position, kind)
    helping = item.helping()
    for size in (1, 2):
        without = {chosen: item.score_without(chosen) for chosen in combinations(helping, size)}
        if without and min(without.values()) < limit:
            return PlainClaim("likes", _lowest(without), helping)
    if position in fallback:
        return PlainClaim("popularity", [set()], helping)
    alone = {slot: item.score_without([slot]) for slot in helping}
    pairs = {(a, b): alone[a] + alone[b] for a, b in combinations(helping, 2)}
    return PlainClaim("taste", _lowest(pairs) if pairs else [set(helping)], helping)


def _lowest(scores: dict[tuple[int, ...], np.float32]) -> list[set[int]]:
    """The keys of the lowest score, give or take rounding."""
    lowest = min(scores.values())
    return [set(k) for k, score in scores.items() if score == lowest or score <= lowest + 1e-5]
