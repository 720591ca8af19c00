"""Which way users take to their exact lists: certified neighbour lists, or full blocks."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.certified_lists import NeighbourLists, top_n_by_lists
from mars_model.scoring.exact import empty_lists
from mars_model.scoring.sessions import Attention
from mars_model.scoring.top_n import top_n_in_full, top_n_plainly
from mars_model.settings import AttentionKind

# A segment of so few items, and such a share of the catalogue, is scored in float64 at once.
_FEW_CANDIDATES, _SMALL_SHARE = 1000, 1 / 8


@dataclass(frozen=True)
class Served:
    """Lists of a block of users: `scores` and `positions` [U, N], −1 behind the end.

    `counts`: (slot, candidate) `pairs`, how many of them were visited, and users by path.
    """

    scores: NDArray[np.float32]
    positions: NDArray[np.int32]
    is_left: NDArray[np.bool_]  # [U] not served yet
    counts: Counter[str] = field(default_factory=Counter)

    def take_in(
        self,
        users: NDArray[np.int64],
        path: str,
        scores: NDArray[np.float32],
        positions: NDArray[np.int32],
        n_visited: int,
    ) -> None:
        """The lists of some users, found on one path."""
        self.scores[users], self.positions[users] = scores, positions
        self.is_left[users] = False
        self.counts[f"users_by_path_{path}"] += len(users)
        self.counts["pairs_visited"] += n_visited


def serve(
    attention: Attention,
    lists: NeighbourLists | None,
    catalogue: Catalogue,
    histories: LikeMatrix,
    segments: NDArray[np.int32],
    n: int,
    kind: AttentionKind,
) -> Served:
    """The exact n best candidates of each user, all with at least one slot.

    Shapes: `segments` [U], rows of `catalogue.allowed`. Without `lists` in full blocks.
    """
    lengths = np.diff(histories.starts)
    n_allowed = catalogue.allowed.sum(axis=1)[segments]
    pairs = lengths * n_allowed
    n_users = histories.n_users
    served = Served(*empty_lists(n_users, n), np.ones(n_users, dtype=np.bool_))
    served.counts["pairs"] = int(pairs.sum())
    few = np.flatnonzero(
        n_allowed <= min(_FEW_CANDIDATES, _SMALL_SHARE * len(catalogue.candidates))
    )
    if len(few):
        best = top_n_plainly(catalogue, histories.take(few), segments[few], n, kind)
        served.take_in(few, "few_candidates", *best, int(pairs[few].sum()))
    rest = np.flatnonzero(served.is_left)
    if lists is not None and len(rest):
        found = top_n_by_lists(lists, catalogue, histories.take(rest), segments[rest], n, kind)
        visited, proved = found.n_read + found.n_scored * lengths[rest], found.is_proved
        best, users = (found.scores[proved], found.positions[proved]), rest[proved]
        if len(lists.uncovered) and len(users):
            others = catalogue.with_candidates(catalogue.candidate_idx[lists.uncovered])
            block = histories.take(users)
            more = top_n_in_full(attention, others, block, segments[users], n, kind)
            best = _merge(best, more, lists.uncovered)
            visited[proved] += lengths[users] * len(lists.uncovered)
        served.take_in(users, "lists", *best, int(visited.sum()))
        served.counts["certificates_failed"] += int((~proved).sum())
    rest = np.flatnonzero(served.is_left)
    if len(rest):
        best = top_n_in_full(attention, catalogue, histories.take(rest), segments[rest], n, kind)
        served.take_in(rest, "full", *best, int(pairs[rest].sum()))
    return served


def _merge(
    best: tuple[NDArray[np.float32], NDArray[np.int32]],
    more: tuple[NDArray[np.float32], NDArray[np.int32]],
    uncovered: NDArray[np.int32],
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """The n best of both lists of each user [U, n], which have no candidate in common.

    Positions of `more` are among `uncovered`.
    """
    n = best[0].shape[1]
    places = np.append(uncovered, np.int32(-1))  # the end of a short list finds the last
    scores = np.concatenate([best[0], more[0]], axis=1)
    positions = np.concatenate([best[1], places[more[1]]], axis=1)
    order = np.lexsort((positions, -scores), axis=1)[:, :n]
    return np.take_along_axis(scores, order, 1), np.take_along_axis(positions, order, 1)
