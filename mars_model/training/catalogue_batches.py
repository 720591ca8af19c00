"""Batches of users for the full-catalogue softmax: memories, targets and candidates.

Source: docs/model.md, "Full-catalogue softmax".
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.errors import InputDataError
from mars_model.features.likes import LikeMatrix
from mars_model.training.processes import ALONE, Processes

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class CatalogueBatch:
    """B users with memories over I items, and C candidates.

    Attributes:
        memory_idx: `[I]` items in any of the memories, ascending.
        slots: `[n]` rows of `memory_idx`, user after user; `starts` `[B]` where each one's begin.
        holders: `[n]` users, memory row after memory row; `holder_starts` `[I]`.
        candidate_idx: `[C]` items, ascending; every like of the users is one.
        log_weight: `[C]` float32, minus the log of the chance to be a candidate.
        own_row: `[C]` the memory's row that is the candidate itself, -1 where there is none.
        users, targets: `[P]` each like as (user, candidate), those to learn from.
        skipped_users, skipped_targets: likes that are all of a memory: nothing scores them.
        share: of the likes to learn from that all processes have in this step, those here.
    """

    memory_idx: IntArray
    slots: IntArray
    starts: IntArray
    holders: IntArray
    holder_starts: IntArray
    candidate_idx: IntArray
    log_weight: NDArray[np.float32]
    own_row: IntArray
    users: IntArray
    targets: IntArray
    skipped_users: IntArray
    skipped_targets: IntArray
    share: float

    @property
    def n_skipped(self) -> int:
        """Likes that gave nothing to learn from."""
        return len(self.skipped_users)


@dataclass
class CatalogueBatches:
    """Draws batches of users, a random part of each history hidden from the memory.

    Of the users who have two likes or more; raises InputDataError where there is none.
    """

    likes: LikeMatrix
    users_per_batch: int
    history_dropout: float
    max_candidates: int
    processes: Processes = ALONE

    def __post_init__(self) -> None:
        self._users = np.flatnonzero(np.diff(self.likes.starts) >= 2)
        if not len(self._users):
            n_users, n_likes = self.likes.n_users, self.likes.n_likes
            raise InputDataError(
                f"Training likes ({n_users} users, {n_likes} likes): found no user "
                "with two likes or more, expected at least one. Use a longer period or a lower "
                "rating threshold."
            )

    @property
    def n_batches(self) -> int:
        """Batches of an epoch: each user once."""
        return -(-len(self._users) // self.users_per_batch)

    @property
    def is_sampled(self) -> bool:
        """Whether the catalogue is too large to be scored in every step."""
        return self.likes.n_items > self.max_candidates

    def draw_epoch(self, rng: np.random.Generator) -> Iterator[CatalogueBatch]:
        """Deal all users into batches, in random order."""
        order = rng.permutation(self._users)
        for start in range(0, len(order), self.users_per_batch):
            yield self.draw(order[start : start + self.users_per_batch], rng)

    def draw(self, user_idx: IntArray, rng: np.random.Generator) -> CatalogueBatch:
        """Draw the memories and candidates of these users; keep this process's users.

        What is drawn at random is drawn for all of them: every process draws the same.
        """
        rows = [self.likes.row(user) for user in user_idx]
        lengths = np.array([len(row) for row in rows])
        liked = np.concatenate(rows).astype(np.int64)
        user = np.repeat(np.arange(len(rows)), lengths)
        is_kept = keep_some(lengths, self.history_dropout, rng)
        candidate_idx, log_weight = self._draw_candidates(np.unique(liked), rng)
        n_slots = np.bincount(user[is_kept], minlength=len(rows))
        is_skipped = is_kept & (n_slots[user] == 1)
        rank, n_processes = self.processes.rank, self.processes.n
        is_mine = user % n_processes == rank
        n_learned, n_mine = np.sum(~is_skipped), np.sum(~is_skipped[is_mine])
        liked, is_kept, is_skipped = liked[is_mine], is_kept[is_mine], is_skipped[is_mine]
        user, n_slots = user[is_mine] // n_processes, n_slots[rank::n_processes]
        memory_idx, slots = np.unique(liked[is_kept], return_inverse=True)
        by_item = np.argsort(slots, kind="stable")
        targets = np.searchsorted(candidate_idx, liked)
        return CatalogueBatch(
            memory_idx=memory_idx,
            slots=slots,
            starts=np.cumsum(n_slots) - n_slots,
            holders=user[is_kept][by_item],
            holder_starts=np.searchsorted(slots[by_item], np.arange(len(memory_idx))),
            candidate_idx=candidate_idx,
            log_weight=log_weight,
            own_row=_find(memory_idx, candidate_idx),
            users=user[~is_skipped],
            targets=targets[~is_skipped],
            skipped_users=user[is_skipped],
            skipped_targets=targets[is_skipped],
            share=float(n_mine / n_learned),
        )

    def _draw_candidates(
        self, liked: IntArray, rng: np.random.Generator
    ) -> tuple[IntArray, NDArray[np.float32]]:
        """Take all items; of large catalogues what the batch likes and a uniform sample of others.

        An item that came in by a chance q stands for 1 / q items: its score gains -log q.
        """
        n_items = self.likes.n_items
        if not self.is_sampled:
            return np.arange(n_items), np.zeros(n_items, dtype=np.float32)
        n_others = n_items - len(liked)
        n_sampled = min(n_others, self.max_candidates)
        # The r-th item not liked lies above as many likes as have at most r such items below.
        rank = rng.choice(n_others, n_sampled, replace=False)
        others = rank + np.searchsorted(liked - np.arange(len(liked)), rank, side="right")
        weight = np.float32(np.log(n_others / n_sampled)) if n_sampled else np.float32(0)
        candidate_idx = np.concatenate([liked, others])
        log_weight = np.repeat(np.array([0, weight], np.float32), [len(liked), n_sampled])
        order = np.argsort(candidate_idx)
        return candidate_idx[order], log_weight[order]


def keep_some(
    lengths: IntArray, share_hidden: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Mark each of a user's likes as kept with chance 1 - share, at least one of each user's.

    `lengths` `[B]` are at least 1; the result has one entry a like, user after user.
    """
    draws = rng.random(int(lengths.sum()))
    largest = np.maximum.reduceat(draws, np.cumsum(lengths) - lengths)
    return np.asarray((draws >= share_hidden) | (draws == np.repeat(largest, lengths)))


def _find(sorted_idx: IntArray, wanted: IntArray) -> IntArray:
    """Return where each wanted number stands, -1 where it is missing."""
    if not len(sorted_idx):
        return np.full(len(wanted), -1)
    position = np.minimum(np.searchsorted(sorted_idx, wanted), len(sorted_idx) - 1)
    return np.where(sorted_idx[position] == wanted, position, -1)
