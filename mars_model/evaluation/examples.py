"""Some users' best recommendations with the likes that they stand on: Table 2 of the paper."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.validation import rank_by_vectors
from mars_model.evaluation.variant import FittedVariant
from mars_model.features.likes import LikeMatrix
from mars_model.scoring.reasons import explain

# A history that fits a table and still leaves attention something to choose from.
_FEWEST, _MOST = 4, 12


@dataclass(frozen=True)
class Because:
    """A liked item by position, its share of the attention and what it contributes."""

    item_idx: int
    attention: float
    contribution: float


@dataclass(frozen=True)
class Example:
    """A user by position: liked items, and the best items with their most attended likes."""

    user_idx: int
    likes: tuple[int, ...]
    recommendations: tuple[tuple[int, tuple[Because, ...]], ...]


def first_users(training: LikeMatrix, n: int) -> NDArray[np.int64]:
    """The first users with 4 to 12 training likes: not chosen for how their lists look."""
    n_likes = np.diff(training.starts)
    fits = np.flatnonzero((n_likes >= _FEWEST) & (n_likes <= _MOST))
    return fits[:n]


def examples(
    fitted: FittedVariant, training: LikeMatrix, users: Sequence[int], n_items: int, n_reasons: int
) -> list[Example]:
    """For each user the `n_items` best unseen items and their `n_reasons` most attended likes."""
    histories = training.take(np.asarray(users, dtype=np.int64))
    positions = rank_by_vectors(fitted.attention, fitted.catalogue, histories, n_items, fitted.kind)
    reasons = explain(
        fitted.catalogue, histories, positions.astype(np.int32), n_reasons, fitted.kind
    )
    found = []
    for row, user_idx in enumerate(users):
        liked = histories.row(row)
        shown = []
        for place, item_idx in enumerate(positions[row].tolist()):
            if item_idx >= 0:
                because = [
                    Because(
                        int(liked[slot]),
                        float(reasons.attention[row, place, n]),
                        float(reasons.contribution[row, place, n]),
                    )
                    for n, slot in enumerate(reasons.slots[row, place].tolist())
                    if slot >= 0
                ]
                shown.append((item_idx, tuple(because)))
        found.append(Example(int(user_idx), tuple(liked.tolist()), tuple(shown)))
    return found
