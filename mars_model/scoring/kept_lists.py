"""Neighbour lists that outlive a night: which are still valid, and what they say of its candidates.

Vectors are told apart by marks, so it does not matter which table or version they came from.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.certified_lists import NeighbourLists


@dataclass(frozen=True)
class KeptLists:
    """Lists of L items with T places each, among the I items that there were when they were made.

    Marks tell vectors apart: those of the items as candidates when most lists were made, and that
    of each list's own item in memory.
    """

    item_ids: NDArray[np.generic]  # [I]
    candidate_marks: NDArray[np.uint64]  # [I]
    owners: NDArray[np.int64]  # [L] positions of the items whose lists these are
    owner_marks: NDArray[np.uint64]  # [L]
    neighbours: NDArray[np.int32]  # [L, T] positions among the items, −1 behind a list's end
    values: NDArray[np.float32]  # [L, T]
    floors: NDArray[np.float32]  # [L]
    lowest: NDArray[np.float32]  # [L]
    highest: NDArray[np.float32]  # [L]

    @classmethod
    def none(
        cls, everything: Catalogue, as_candidate: NDArray[np.uint64], length: int
    ) -> "KeptLists":
        """No list yet, over all items of a catalogue."""
        places, nothing = np.zeros((0, length)), np.zeros(0, dtype=np.float32)
        return cls(
            item_ids=everything.item_ids,
            candidate_marks=as_candidate,
            owners=np.zeros(0, dtype=np.int64),
            owner_marks=np.zeros(0, dtype=np.uint64),
            neighbours=places.astype(np.int32),
            values=places.astype(np.float32),
            floors=nothing,
            lowest=nothing,
            highest=nothing,
        )

    def over(self, everything: Catalogue) -> "KeptLists":
        """The lists by position among all items of a catalogue; for items that are gone, −1."""
        if np.array_equal(self.item_ids, everything.item_ids):
            return self
        positions = everything.positions(np.asarray(self.item_ids))
        is_there = positions >= 0
        candidate_marks = np.zeros(len(everything.item_ids), dtype=np.uint64)  # a mark of nothing
        candidate_marks[positions[is_there]] = self.candidate_marks[is_there]
        of_place = np.append(positions, -1)  # an empty place, −1, finds the last
        return replace(
            self,
            item_ids=everything.item_ids,
            candidate_marks=candidate_marks,
            owners=of_place[self.owners],
            neighbours=of_place.astype(np.int32)[self.neighbours],
        )

    def changed(self, as_candidate: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Positions of items that are new since the lists were made, or have other vectors."""
        return np.flatnonzero(self.candidate_marks != as_candidate)

    def is_valid(self, in_memory: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which lists are those of the vectors that their items have now [L]."""
        same: NDArray[np.bool_] = in_memory[self.owners] == self.owner_marks
        return same & (self.owners >= 0)

    def valid_owners(self, in_memory: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Positions of the items whose lists are valid."""
        return np.asarray(self.owners[self.is_valid(in_memory)])

    def with_made(
        self, made: "KeptLists", as_candidate: NDArray[np.uint64], in_memory: NDArray[np.uint64]
    ) -> "KeptLists":
        """Lists that are still valid, and behind them those that were made."""
        valid = self.is_valid(in_memory)
        made = replace(made, owner_marks=in_memory[made.owners])
        names = ("owners", "owner_marks", "neighbours", "values", "floors", "lowest", "highest")
        # Old and new lists differ in items that changed, also when these change back.
        is_same = self.candidate_marks == as_candidate
        return replace(
            self,
            candidate_marks=np.where(is_same, as_candidate, np.uint64(0)),
            **{n: np.concatenate([getattr(self, n)[valid], getattr(made, n)]) for n in names},
        )

    def among(
        self, catalogue: Catalogue, in_memory: NDArray[np.uint64], changed: NDArray[np.int64]
    ) -> NeighbourLists:
        """Lists of positions among all items → among a night's candidates.

        What lists hold of `changed` items is void: these are scored beside the lists.
        """
        row_of_item = np.full(len(catalogue.item_ids), -1, dtype=np.int32)
        valid = self.is_valid(in_memory)
        row_of_item[self.owners[valid]] = np.flatnonzero(valid)
        neighbours, uncovered = self.neighbours, np.zeros(0, dtype=np.int32)
        if len(changed) or len(catalogue.candidate_idx) < len(catalogue.item_ids):
            of_place = np.append(catalogue.candidate_of_item(), -1).astype(np.int32)
            uncovered = of_place[changed]
            of_place[changed] = -1
            neighbours = of_place[self.neighbours]
        return NeighbourLists(
            row_of_item=row_of_item,
            neighbours=neighbours,
            values=self.values,
            floors=self.floors,
            lowest=self.lowest,
            highest=self.highest,
            uncovered=np.sort(uncovered[uncovered >= 0]),
        )


def marks(*arrays: NDArray[np.float32]) -> NDArray[np.uint64]:
    """A number for the vectors of each item [I], another one where any bit is another."""
    rng = np.random.default_rng(0)
    marks = np.ones(len(arrays[0]), dtype=np.uint64)
    for array in arrays:
        bits = np.ascontiguousarray(array).view(np.uint32).reshape(len(array), -1)
        for column in bits.T:
            marks += column.astype(np.uint64) * (
                rng.integers(2**63, dtype=np.uint64) | np.uint64(1)
            )
            marks ^= marks >> np.uint64(29)
    return marks
