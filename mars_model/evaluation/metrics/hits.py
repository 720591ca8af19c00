"""Where held-out likes stand in ranked lists: found once, read by every accuracy metric."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.errors import MarsBatchError
from mars_model.features.likes import LikeMatrix

_BLOCK_BYTES = 1 << 22  # a block of users × items that a processor's cache holds


@dataclass(frozen=True)
class Hits:
    """One entry per held-out like that is ranked, by user, then by rank.

    Shapes: U users, H hits. Ties: ranks are taken in the order that the lists give.
    """

    user_idx: NDArray[np.int64]  # [H] ascending
    rank: NDArray[np.int64]  # [H] from 1, ascending within a user
    nth: NDArray[np.int64]  # [H] from 1: this is the user's nth hit
    n_relevant: NDArray[np.float64]  # [U] held-out likes; NaN instead of 0: left out

    @classmethod
    def of(cls, ranked: NDArray[np.int64], relevant: LikeMatrix) -> "Hits":
        """Hits of ranked item positions [U, R], −1 behind the end, among held-out likes.

        Raises MarsBatchError where the two are not of the same users.
        """
        if len(ranked) != relevant.n_users:
            raise MarsBatchError(
                f"metrics: found {len(ranked)} ranked lists, expected {relevant.n_users}, one for "
                "each user of the held-out likes. Rank the users of the same split"
            )
        n_users = max(1, _BLOCK_BYTES // (relevant.n_items + 1))
        found = [
            _hits_of_block(ranked, relevant, start, start + n_users)
            for start in range(0, relevant.n_users, n_users)
        ]
        user_idx, place = (np.concatenate(part) for part in zip(_NOTHING, *found, strict=True))
        first = np.searchsorted(user_idx, user_idx)
        nth = np.arange(1, len(user_idx) + 1) - first
        n_relevant = np.diff(relevant.starts).astype(np.float64)
        n_relevant[n_relevant == 0] = np.nan
        return cls(user_idx, place + 1, nth, n_relevant)

    def sum_up(self, values: NDArray[np.float64], k: int) -> NDArray[np.float64]:
        """Each user's sum of `values` [H] over the hits among the first k: [U]."""
        within = np.where(self.rank <= k, values, 0.0)
        sums = np.bincount(self.user_idx, within, minlength=len(self.n_relevant))
        return np.asarray(sums, dtype=np.float64)

    def count(self, k: int) -> NDArray[np.float64]:
        """Each user's hits among the first k: [U]."""
        return self.sum_up(np.ones(len(self.rank)), k)


_NOTHING = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


def _hits_of_block(
    ranked: NDArray[np.int64], relevant: LikeMatrix, start: int, stop: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """User positions and places from 0 of the hits of users `start` to `stop`."""
    users = np.arange(start, min(stop, relevant.n_users))
    liked = relevant.take(users)
    # One column more than items: position −1, the end of a short list, is never relevant.
    is_relevant = np.zeros((len(users), relevant.n_items + 1), dtype=np.bool_)
    is_relevant[liked.user_idx, liked.item_idx] = True
    user_idx, place = np.nonzero(np.take_along_axis(is_relevant, ranked[users], axis=1))
    return user_idx + start, place
