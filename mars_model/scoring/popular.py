"""What is popular: the fallback's lists."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.compiled import compiled


class MostLiked(NamedTuple):
    """Candidates, most liked first: their positions, and their items."""

    positions: NDArray[np.int64]
    item_idx: NDArray[np.int64]

    @classmethod
    def of(cls, catalogue: Catalogue) -> "MostLiked":
        """Those of a catalogue."""
        popular_idx = np.asarray(catalogue.popular_idx)
        return cls(catalogue.candidate_of_item()[popular_idx], popular_idx)


def sort_popular(candidate_idx: NDArray[np.int64], n_likes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Candidates by number of likes descending, then item id ascending."""
    return candidate_idx[np.argsort(-n_likes[candidate_idx], kind="stable")]


def popular_list(
    catalogue: Catalogue, liked: NDArray[np.int32], n: int, segment: int = 0
) -> NDArray[np.int64]:
    """What a user without a usable history gets: the n most liked candidates, ties by item id.

    Returns: `item_idx` of those that the user's segment may get and the user has not liked.
    """
    n_read = n + len(liked)
    while True:
        head = catalogue.popular_idx[:n_read]
        is_allowed = catalogue.allowed[segment][np.searchsorted(catalogue.candidate_idx, head)]
        found = head[is_allowed & ~np.isin(head, liked)]
        if len(found) >= n or len(head) == len(catalogue.popular_idx):
            return np.asarray(found[:n])
        n_read *= 4  # a small segment's items may stand far down


@compiled
def take_most_liked(
    most_liked: MostLiked,
    liked: NDArray[np.int32],
    may: NDArray[np.bool_],
    out: NDArray[np.int64],
) -> None:
    """What the fallback would give a user: positions into `out` [N], −1 behind the last.

    `liked` ascends.
    """
    out[:] = -1
    n_found = 0
    for i in range(len(most_liked.positions)):
        if n_found == len(out):
            return
        position, item = most_liked.positions[i], most_liked.item_idx[i]
        place = np.searchsorted(liked, item)
        is_liked = place < len(liked) and liked[place] == item
        if may[position] and not is_liked:
            out[n_found] = position
            n_found += 1
