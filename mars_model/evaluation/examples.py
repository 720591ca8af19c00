"""Some users' best recommendations with the likes that they stand on: Table 2 of the paper."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.variant import FittedVariant
from mars_model.features.likes import LikeMatrix
from mars_model.scoring.recommended import Recommendation, recommend

# A history that fits a table and still leaves attention something to choose from.
_FEWEST, _MOST = 4, 12


@dataclass(frozen=True)
class Example:
    """A user by position: liked items, and the best items with their most attended likes."""

    user_idx: int
    likes: tuple[int, ...]
    recommendations: tuple[Recommendation, ...]  # an item's id is its position


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
    lists = recommend(fitted.catalogue, histories, n_items, n_reasons, fitted.kind)
    return [
        Example(int(user_idx), tuple(histories.row(row).tolist()), tuple(lists[row]))
        for row, user_idx in enumerate(users)
    ]
