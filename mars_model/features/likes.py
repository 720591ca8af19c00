"""Likes by dense positions: the users × items matrix that training and scoring share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class LikeMatrix:
    """A 0/1 users × items matrix in CSR.

    Shapes: `starts` int64 [U+1]; `item_idx` int32 [n_likes], ascending within a user.
    """

    starts: NDArray[np.int64]
    item_idx: NDArray[np.int32]
    n_items: int

    @classmethod
    def from_rows(
        cls, rows: Sequence[Sequence[int] | NDArray[np.int32]], n_items: int
    ) -> "LikeMatrix":
        """One row of item positions per user, in any order; repeated positions count once."""
        unique = [np.unique(np.asarray(row, dtype=np.int32)) for row in rows]
        starts = np.zeros(len(unique) + 1, dtype=np.int64)
        np.cumsum([len(row) for row in unique], out=starts[1:])
        item_idx = np.concatenate(unique) if unique else np.zeros(0, dtype=np.int32)
        return cls(starts, item_idx.astype(np.int32), n_items)

    @property
    def n_users(self) -> int:
        """Number of users, those without likes included."""
        return len(self.starts) - 1

    @property
    def n_likes(self) -> int:
        """Number of likes."""
        return len(self.item_idx)

    @property
    def user_idx(self) -> NDArray[np.int64]:
        """The user of each like: [n_likes], ascending."""
        return np.repeat(np.arange(self.n_users, dtype=np.int64), np.diff(self.starts))

    def row(self, user_idx: int) -> NDArray[np.int32]:
        """Item positions that one user likes, ascending."""
        return self.item_idx[self.starts[user_idx] : self.starts[user_idx + 1]]

    def take(self, users: NDArray[np.int64]) -> "LikeMatrix":
        """The rows of some users, in the order given."""
        lengths = np.diff(self.starts)[users]
        starts = np.zeros(len(users) + 1, dtype=np.int64)
        np.cumsum(lengths, out=starts[1:])
        within = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths)
        return LikeMatrix(
            starts, self.item_idx[np.repeat(self.starts[users], lengths) + within], self.n_items
        )

    def only(self, is_kept: NDArray[np.bool_]) -> "LikeMatrix":
        """The likes chosen by `is_kept` [n_likes]; all users and items stay."""
        counts = np.bincount(self.user_idx[is_kept], minlength=self.n_users)
        starts = np.zeros(self.n_users + 1, dtype=np.int64)
        np.cumsum(counts, out=starts[1:])
        return LikeMatrix(starts, self.item_idx[is_kept], self.n_items)
