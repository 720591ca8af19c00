"""Random training examples: a user, a liked item, an item not liked, and the user's memory.

Source: Eq. 10, Algorithm 1; docs/model.md, decision 7.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mars_model.errors import InputDataError
from mars_model.features.likes import LikeMatrix

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class TrainingBatch:
    """B training examples with memories of at most S slots.

    Attributes:
        user_idx: `[B]` int64.
        positive_idx: `[B]` int64, a like of the user.
        negative_idx: `[B]` int64, an item that the user did not like.
        memory_idx: `[B, S]` int64, other likes of the user, all different; behind them the first
            one is repeated, so that padding asks for no further item.
        memory_mask: `[B, S]` bool, True on real slots, of which every row has at least one.
        n_skipped: draws that gave no example: the user has a single like or likes every item.
        share: of the examples drawn, those that are here.
    """

    user_idx: IntArray
    positive_idx: IntArray
    negative_idx: IntArray
    memory_idx: IntArray
    memory_mask: NDArray[np.bool_]
    n_skipped: int
    share: float = 1.0

    def part(self, rank: int, n_parts: int) -> "TrainingBatch":
        """Return each n-th example, from number `rank` on; the first part has the skipped draws."""
        if n_parts == 1:
            return self
        arrays = ("user_idx", "positive_idx", "negative_idx", "memory_idx", "memory_mask")
        mine = {name: getattr(self, name)[rank::n_parts] for name in arrays}
        share = len(mine["user_idx"]) / len(self.user_idx)
        return replace(self, **mine, n_skipped=self.n_skipped if rank == 0 else 0, share=share)


class ExampleSampler:
    """Draws batches from the training likes; holds what every draw needs."""

    def __init__(self, likes: LikeMatrix, batch_size: int, max_memory: int) -> None:
        """Prepare the draws.

        Raises:
            InputDataError: no user has two likes and an item left that they did not like.
        """
        self.batch_size = batch_size
        self.max_memory = max_memory
        self._n_items = likes.n_items
        self._starts = likes.starts.astype(np.int64)
        self._item_idx = likes.item_idx.astype(np.int64)
        self._n_likes = np.diff(self._starts)
        self._users = np.flatnonzero(self._n_likes)
        self._can_train = (self._n_likes >= 2) & (self._n_likes < likes.n_items)
        if not self._can_train.any():
            raise InputDataError(
                f"Training likes ({likes.n_users} users, {likes.n_likes} likes): found no user "
                "with two likes or more and an item left that they did not like, expected at "
                "least one. Use a longer period or a lower rating threshold."
            )
        user_of_like = likes.user_idx
        position = np.arange(len(self._item_idx)) - self._starts[user_of_like]
        # Items a user did not like below each like; with the user in front, ascending throughout.
        self._n_unliked_below = self._user_key(user_of_like) + self._item_idx - position

    @property
    def n_batches(self) -> int:
        """Batches of an epoch: as many as all likes would fill."""
        return math.ceil(len(self._item_idx) / self.batch_size)

    def draw(self, rng: np.random.Generator) -> TrainingBatch:
        """Draw `batch_size` times; skipped draws leave a smaller batch, but never an empty one."""
        n_skipped = 0
        while True:
            user_idx = rng.choice(self._users, self.batch_size)
            user_idx = user_idx[self._can_train[user_idx]]
            n_skipped += self.batch_size - len(user_idx)
            if len(user_idx) > 0:
                break
        start, n_likes = self._starts[user_idx], self._n_likes[user_idx]
        positive = rng.integers(0, n_likes)
        memory, memory_mask = draw_subsets(n_likes - 1, self.max_memory, rng)
        memory += memory >= positive[:, None]
        return TrainingBatch(
            user_idx=user_idx,
            positive_idx=self._item_idx[start + positive],
            negative_idx=self._draw_negatives(user_idx, rng),
            memory_idx=self._item_idx[start[:, None] + memory],
            memory_mask=memory_mask,
            n_skipped=n_skipped,
        )

    def _draw_negatives(self, user_idx: IntArray, rng: np.random.Generator) -> IntArray:
        """Draw one item a user `[B]`, uniform over the items that the user did not like.

        The r-th such item lies above as many likes as have at most r such items below them: one
        search gives it exactly, where rejection would be slow for users who like nearly all.
        """
        rank = rng.integers(0, self._n_items - self._n_likes[user_idx])
        key = self._user_key(user_idx) + rank
        n_likes_below = np.searchsorted(self._n_unliked_below, key, side="right")
        return np.asarray(rank + n_likes_below - self._starts[user_idx])

    def _user_key(self, user_idx: IntArray) -> IntArray:
        """Return the number in front of a user's counts, which reach from 0 to `n_items`."""
        return user_idx * (self._n_items + 1)


def draw_subsets(
    n_choices: IntArray, max_size: int, rng: np.random.Generator
) -> tuple[IntArray, NDArray[np.bool_]]:
    """Draw for each row a subset of `range(n_choices[b])`, `max_size` of them where there are more.

    Args: `n_choices` `[B]`, each at least 1; `max_size` at least 1.
    Returns: the numbers drawn `[B, S]`, behind them the row's first one, and the mask of real ones.
    Source: R. Floyd's sampling without replacement, one pass over S for all rows at once.
    """
    size = np.minimum(n_choices, max_size)
    n_slots = int(size.max())
    chosen = np.empty((len(n_choices), n_slots), dtype=np.int64)
    for slot in range(n_slots):
        last = n_choices - size + slot
        drawn = rng.integers(0, last + 1)
        is_taken = (chosen[:, :slot] == drawn[:, None]).any(axis=1)
        chosen[:, slot] = np.where(is_taken, last, drawn)
    mask = np.arange(n_slots) < size[:, None]
    return np.where(mask, chosen, chosen[:, :1]), mask
