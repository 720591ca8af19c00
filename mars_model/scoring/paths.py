"""Which way users take to their exact lists: certified neighbour lists, or full blocks."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.lists import NeighbourLists, top_n_by_lists
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
    counts: Counter[str] = field(default_factory=Counter)


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
    served = Served(
        np.full((histories.n_users, n), -np.inf, dtype=np.float32),
        np.full((histories.n_users, n), -1, dtype=np.int32),
        Counter(pairs=int(pairs.sum())),
    )
    is_left = np.ones(histories.n_users, dtype=np.bool_)

    def settle(users: NDArray[np.int64], path: str, visited: NDArray[np.int64], *best) -> None:  # type: ignore[no-untyped-def]
        served.scores[users], served.positions[users] = best
        served.counts[f"users_by_path_{path}"] += len(users)
        served.counts["pairs_visited"] += int(visited.sum())
        is_left[users] = False

    few = np.flatnonzero(
        n_allowed <= min(_FEW_CANDIDATES, _SMALL_SHARE * len(catalogue.candidates))
    )
    if len(few):
        best = top_n_plainly(catalogue, histories.take(few), segments[few], n, kind)
        settle(few, "few_candidates", pairs[few], *best)
    rest = np.flatnonzero(is_left)
    if lists is not None and len(rest):
        found = top_n_by_lists(lists, catalogue, histories.take(rest), segments[rest], n)
        visited = found.n_read + found.n_scored * lengths[rest]
        proved = found.is_proved
        settle(
            rest[proved], "lists", visited[proved], found.scores[proved], found.positions[proved]
        )
        served.counts["pairs_visited"] += int(visited[~proved].sum())
        served.counts["certificates_failed"] += int((~proved).sum())
    rest = np.flatnonzero(is_left)
    if len(rest):
        best = top_n_in_full(attention, catalogue, histories.take(rest), segments[rest], n, kind)
        settle(rest, "full", pairs[rest], *best)
    return served
