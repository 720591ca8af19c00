"""The catalogue of a night as arrays: written once by the driver, memory-mapped by workers."""

import hashlib
from dataclasses import dataclass, fields
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from pyspark import SparkContext

from mars_model.scoring.shipping import ship_file, shipped_file


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
    ) -> "Catalogue":
        """Items without ids, all of them candidates, without likes: for validation."""
        everything = np.arange(len(memory), dtype=np.int64)
        zeros = np.zeros(len(memory), dtype=np.int64)
        allowed = np.ones((1, len(candidates)), dtype=bool)
        return cls(
            everything, memory, candidates, item_bias, everything, everything, zeros, allowed
        )

    def positions(self, item_ids: NDArray[np.generic]) -> NDArray[np.int64]:
        """`item_idx` of each id, −1 where the catalogue does not have it."""
        if not len(self.item_ids):
            return np.full(len(item_ids), -1, dtype=np.int64)
        found = np.searchsorted(self.item_ids, item_ids)
        found = np.minimum(found, len(self.item_ids) - 1)
        return np.where(self.item_ids[found] == item_ids, found, -1)

    def candidate_of_item(self) -> NDArray[np.int64]:
        """Position among the candidates of every item [I], −1 for those that are none."""
        inverse = np.full(len(self.item_ids), -1, dtype=np.int64)
        inverse[self.candidate_idx] = np.arange(len(self.candidate_idx))
        return inverse


def sort_popular(candidate_idx: NDArray[np.int64], n_likes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Candidates by number of likes descending, then item id ascending."""
    return candidate_idx[np.argsort(-n_likes[candidate_idx], kind="stable")]


def ship_catalogue(catalogue: Catalogue, context: SparkContext) -> str:
    """Send the arrays to each machine once; the returned key opens them there.

    The key is their content's, so a later night of the same session never reads an old one.
    """
    arrays = {f.name: np.ascontiguousarray(getattr(catalogue, f.name)) for f in fields(Catalogue)}
    digest = hashlib.sha256()
    for array in arrays.values():
        digest.update(array.tobytes())
    key = digest.hexdigest()[:16]
    for name, array in arrays.items():
        ship_file(context, f"{key}-{name}.npy", partial(np.save, arr=array, allow_pickle=False))
    return key


@cache
def open_catalogue(key: str) -> Catalogue:
    """The arrays in a worker, memory-mapped."""
    return Catalogue(
        **{
            f.name: np.load(shipped_file(f"{key}-{f.name}.npy"), mmap_mode="r", allow_pickle=False)
            for f in fields(Catalogue)
        }
    )
