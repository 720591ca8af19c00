"""Likes with the time of each, for the splits that go by time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.errors import InputDataError
from mars_model.features.likes import LikeMatrix

# Sorts before every time: such a like counts as older than all others, as in a history.
UNKNOWN_TIME = int(np.iinfo(np.int64).min)


@dataclass(frozen=True)
class TimedLikes:
    """`times` int64 [n_likes]: seconds since 1970 UTC of each like, UNKNOWN_TIME without one."""

    likes: LikeMatrix
    times: NDArray[np.int64]

    @classmethod
    def from_rows(
        cls,
        items: Sequence[Sequence[int] | NDArray[np.int32]],
        times: Sequence[Sequence[int] | NDArray[np.int64]],
        n_items: int,
    ) -> "TimedLikes":
        """One row of item positions per user, in any order and none twice, and their times."""
        orders = [np.argsort(row) for row in items]
        sorted_times = [
            np.asarray(row, dtype=np.int64)[order] for row, order in zip(times, orders, strict=True)
        ]
        none = np.zeros(0, dtype=np.int64)
        return cls(LikeMatrix.from_rows(items, n_items), np.concatenate([none, *sorted_times]))

    @property
    def is_timed(self) -> NDArray[np.bool_]:
        """Whether the time of a like is known: [n_likes]."""
        return np.not_equal(self.times, UNKNOWN_TIME)

    def require_times(self, split: str) -> None:
        """Raise InputDataError where no like has a time, so that nothing can go by it."""
        if not self.is_timed.any():
            raise InputDataError(
                f"split {split}: none of {self.likes.n_likes} likes has a time, expected "
                "'interacted_at' in interactions for some at least. Import interactions with it, "
                "or take the split 'paper'"
            )
