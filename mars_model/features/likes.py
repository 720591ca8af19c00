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


def likes_of_pairs(
    users: NDArray[np.generic],
    items: NDArray[np.generic],
    item_ids: NDArray[np.generic],
    min_likes: int,
) -> tuple[LikeMatrix, NDArray[np.generic]]:
    """Likes by position and the ids of their users, ascending, from one (user, item) per like.

    Repeated pairs count once. Users with fewer than `min_likes` likes, or fewer than two of
    `item_ids` (ascending), stay out.
    """
    user_ids, user_code = np.unique(users, return_inverse=True)
    liked_ids, item_code = np.unique(items, return_inverse=True)
    keys = np.unique(user_code.astype(np.int64) * max(1, len(liked_ids)) + item_code)
    user_code, item_code = np.divmod(keys, max(1, len(liked_ids)))
    place = np.minimum(np.searchsorted(item_ids, liked_ids), len(item_ids) - 1)
    item_idx = np.where(item_ids[place] == liked_ids, place, -1)[item_code]
    n_likes = np.bincount(user_code, minlength=len(user_ids))
    n_known = np.bincount(user_code[item_idx >= 0], minlength=len(user_ids))
    stays = (n_likes >= min_likes) & (n_known >= 2)
    starts = np.concatenate([[0], np.cumsum(n_known[stays])]).astype(np.int64)
    kept = item_idx[(item_idx >= 0) & stays[user_code]].astype(np.int32)
    return LikeMatrix(starts, kept, len(item_ids)), user_ids[stays]
