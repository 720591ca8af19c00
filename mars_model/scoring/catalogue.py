"""The catalogue of a night as arrays: collected once by the driver, memory-mapped by workers."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# A table over the ids' range has at most so many places per item.
_TABLE_PER_ITEM = 16


class Vectors(NamedTuple):
    """What scores depend on, of I items and C candidates; K is the representation size."""

    memory: NDArray[np.float32]  # [I, K]
    candidates: NDArray[np.float32]  # [C, K]
    item_bias: NDArray[np.float32]  # [C]


@dataclass(frozen=True)
class Catalogue:
    """All items of a model version, ascending by item id; a position here is an `item_idx`.

    Shapes: I items, C candidates, K representation size, G segments of users. `candidate_idx`
    are the items that may be recommended, ascending; `popular_idx` the same items, most liked
    first. `allowed` says which candidates the users of each segment may get; its row 0 is for
    users without a segment, and all True.
    """

    item_ids: NDArray[np.generic]  # [I] int64 or fixed-width str
    memory: NDArray[np.float32]  # [I, K]
    candidates: NDArray[np.float32]  # [C, K]
    item_bias: NDArray[np.float32]  # [C]
    candidate_idx: NDArray[np.int64]  # [C]
    popular_idx: NDArray[np.int64]  # [C]
    n_likes: NDArray[np.int64]  # [I]
    allowed: NDArray[np.bool_]  # [G, C]

    @classmethod
    def of_vectors(
        cls,
        candidates: NDArray[np.float32],
        memory: NDArray[np.float32],
        item_bias: NDArray[np.float32],
        item_ids: NDArray[np.generic] | None = None,
    ) -> "Catalogue":
        """All items are candidates, nobody likes any; positions stand in for ids not given."""
        everything = np.arange(len(memory), dtype=np.int64)
        zeros = np.zeros(len(memory), dtype=np.int64)
        allowed = np.ones((1, len(memory)), dtype=np.bool_)
        ids = everything if item_ids is None else item_ids
        return cls(ids, memory, candidates, item_bias, everything, everything, zeros, allowed)

    def positions(self, item_ids: NDArray[np.generic]) -> NDArray[np.int64]:
        """`item_idx` of each id, −1 where the catalogue does not have it."""
        if not len(self.item_ids):
            return np.full(len(item_ids), -1, dtype=np.int64)
        if self.item_ids.dtype.kind == "i" and self._is_dense():
            return self._look_up(item_ids.astype(np.int64))
        found = np.searchsorted(self.item_ids, item_ids)
        found = np.minimum(found, len(self.item_ids) - 1)
        return np.where(self.item_ids[found] == item_ids, found, -1)

    def _is_dense(self) -> bool:
        """Whether a table over the whole range of ids is small: looking up beats searching."""
        return int(self.item_ids[-1]) - int(self.item_ids[0]) < _TABLE_PER_ITEM * len(self.item_ids)

    def _look_up(self, item_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        first, last = int(self.item_ids[0]), int(self.item_ids[-1])
        table = np.full(last - first + 2, -1, dtype=np.int32)  # its last place: outside the range
        table[self.item_ids.astype(np.int64) - first] = np.arange(len(self.item_ids))
        is_inside = (item_ids >= first) & (item_ids <= last)
        return table[np.where(is_inside, item_ids - first, -1)].astype(np.int64)

    def candidate_of_item(self) -> NDArray[np.int64]:
        """Position among the candidates of every item [I], −1 for those that are none."""
        inverse = np.full(len(self.item_ids), -1, dtype=np.int64)
        inverse[self.candidate_idx] = np.arange(len(self.candidate_idx))
        return inverse

    def with_candidates(self, candidate_idx: NDArray[np.int64]) -> "Catalogue":
        """The same items, likes and memory, with some of the candidates alone (ascending)."""
        if np.array_equal(candidate_idx, self.candidate_idx):
            return self
        kept = self.candidate_of_item()[candidate_idx]
        return replace(
            self,
            candidates=self.candidates[kept],
            item_bias=self.item_bias[kept],
            candidate_idx=candidate_idx,
            popular_idx=self.popular_idx[np.isin(self.popular_idx, candidate_idx)],
            allowed=self.allowed[:, kept],
        )

    def vectors(self) -> Vectors:
        """What scores depend on, mapped files as plain arrays."""
        arrays = self.memory, self.candidates, self.item_bias
        return Vectors(*(np.asarray(a) for a in arrays))

    def reach(self) -> float:
        """No relevance is larger: the largest norm of a memory vector times a candidate's."""
        return largest_norm(self.memory) * largest_norm(self.candidates)


def largest_norm(vectors: NDArray[np.float32]) -> float:
    """The largest norm of the rows, 0 without any; a little more than its float32 rounding."""
    return 1.00001 * float(np.sqrt(np.einsum("ik,ik->i", vectors, vectors).max(initial=0.0)))
