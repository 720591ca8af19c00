"""Neighbour lists, kept as arrays beside the bundles and brought up to date night by night.

A list is made by the workers, for every item that somebody likes, and lives as long as the memory
vector that it was made of. Items with new or other vectors are scored beside the lists; above
2 % of the items the lists are made anew.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession

from mars_model.bundle.registry import Bundle
from mars_model.night.kept_arrays import keep, open_kept
from mars_model.night.shipping import (
    open_arrays,
    ship_bundle_file,
    shipped_arrays,
    shipped_file,
)
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.certified_lists import NeighbourLists
from mars_model.scoring.neighbours import find_neighbours
from mars_model.scoring.sessions import open_relevance

_FOLDER = ".lists"
_MOST_CHANGED = 0.02
# Lists that a worker makes between two rows of bytes, and rows of a task.
_LISTS_PER_ROW, _ROWS_PER_TASK = 2048, 4
_BYTES = ("item_idx", "positions", "values", "floors", "lowest", "highest")


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


def current_lists(
    spark: SparkSession,
    bundle: Bundle,
    everything: Catalogue,
    catalogue: Catalogue,
    length: int,
) -> tuple[NeighbourLists, int]:
    """The lists of a night over its candidates, and how many of them were made for it.

    `everything` has every item as a candidate, so that lists outlive a night's availability.
    """
    folder = bundle.folder.parent / _FOLDER / f"{bundle.model_version}-{length}"
    as_candidate = _marks(everything.candidates, everything.item_bias)
    in_memory = _marks(everything.memory)
    kept = open_kept(KeptLists, folder)
    if kept is not None:
        kept = _over(kept, everything)
    if kept is None or len(_changed(kept, as_candidate)) > _MOST_CHANGED * len(as_candidate):
        kept = _no_lists(everything, as_candidate, length)
    missing = np.setdiff1d(np.flatnonzero(everything.n_likes), _owners(kept, in_memory))
    if len(missing):
        made = _make(spark, bundle, everything, missing, length)
        kept = _with_made(kept, made, in_memory)
        keep(kept, folder)
        kept = open_kept(KeptLists, folder) or kept
    return _among(kept, catalogue, in_memory, _changed(kept, as_candidate)), len(missing)


def _marks(*arrays: NDArray[np.float32]) -> NDArray[np.uint64]:
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


def _no_lists(everything: Catalogue, as_candidate: NDArray[np.uint64], length: int) -> KeptLists:
    places, none = np.zeros((0, length)), np.zeros(0, dtype=np.float32)
    return KeptLists(
        item_ids=everything.item_ids,
        candidate_marks=as_candidate,
        owners=np.zeros(0, dtype=np.int64),
        owner_marks=np.zeros(0, dtype=np.uint64),
        neighbours=places.astype(np.int32),
        values=places.astype(np.float32),
        floors=none,
        lowest=none,
        highest=none,
    )


def _over(kept: KeptLists, everything: Catalogue) -> KeptLists:
    """The lists by position among all items of a catalogue; items that are gone have none, −1."""
    if np.array_equal(kept.item_ids, everything.item_ids):
        return kept
    positions = everything.positions(np.asarray(kept.item_ids))
    is_there = positions >= 0
    candidate_marks = np.zeros(len(everything.item_ids), dtype=np.uint64)  # a mark of nothing
    candidate_marks[positions[is_there]] = kept.candidate_marks[is_there]
    of_place = np.append(positions, -1)  # an empty place, −1, finds the last
    return replace(
        kept,
        item_ids=everything.item_ids,
        candidate_marks=candidate_marks,
        owners=of_place[kept.owners],
        neighbours=of_place.astype(np.int32)[kept.neighbours],
    )


def _changed(kept: KeptLists, as_candidate: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Positions of items that are new since the lists were made, or have other vectors."""
    return np.flatnonzero(kept.candidate_marks != as_candidate)


def _is_valid(kept: KeptLists, in_memory: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which lists are those of the vectors that their items have now [L]."""
    is_valid: NDArray[np.bool_] = in_memory[kept.owners] == kept.owner_marks
    return is_valid & (kept.owners >= 0)


def _owners(kept: KeptLists, in_memory: NDArray[np.uint64]) -> NDArray[np.int64]:
    return np.asarray(kept.owners[_is_valid(kept, in_memory)])


def _make(
    spark: SparkSession,
    bundle: Bundle,
    everything: Catalogue,
    missing: NDArray[np.int64],
    length: int,
) -> KeptLists:
    """Lists of the items at these positions, made by the workers; they come as bytes."""
    context = spark.sparkContext
    relevance = ship_bundle_file(context, bundle, "relevance.onnx")
    n_tasks = max(4 * context.defaultParallelism, len(missing) // (_LISTS_PER_ROW * _ROWS_PER_TASK))
    rows = spark.createDataFrame(pa.table({"item_idx": missing}))
    with shipped_arrays(context, everything) as key:
        made = rows.repartition(min(len(missing), n_tasks)).mapInArrow(
            _make_batches(key, relevance, length), ", ".join(f"{name} binary" for name in _BYTES)
        )
        made = made.persist(StorageLevel.DISK_ONLY)
        try:
            made.count()  # all tasks at once; then one after the other comes here
            return _gather(made, everything, len(missing), length)
        finally:
            made.unpersist()


def _make_batches(
    catalogue_key: str, relevance_name: str, length: int
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def make(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        catalogue = open_arrays(Catalogue, catalogue_key)
        relevance = open_relevance(shipped_file(relevance_name))
        for batch in batches:
            every = batch.column("item_idx").to_numpy()
            for start in range(0, len(every), _LISTS_PER_ROW):
                some = every[start : start + _LISTS_PER_ROW]
                memory = np.asarray(catalogue.memory[some])
                found = find_neighbours(
                    relevance, memory, catalogue.candidates, catalogue.item_bias, length
                )
                arrays = (some, *(getattr(found, name) for name in _BYTES[1:]))
                columns = [pa.array([np.ascontiguousarray(a).tobytes()]) for a in arrays]
                yield pa.RecordBatch.from_arrays(columns, names=list(_BYTES))

    return make


def _gather(made: DataFrame, everything: Catalogue, n_lists: int, length: int) -> KeptLists:
    """The lists that the workers made; what belongs to owners is filled in by the caller."""
    lists = KeptLists(
        item_ids=everything.item_ids,
        candidate_marks=np.zeros(0, dtype=np.uint64),
        owners=np.empty(n_lists, dtype=np.int64),
        owner_marks=np.zeros(0, dtype=np.uint64),
        neighbours=np.empty((n_lists, length), dtype=np.int32),
        values=np.empty((n_lists, length), dtype=np.float32),
        floors=np.empty(n_lists, dtype=np.float32),
        lowest=np.empty(n_lists, dtype=np.float32),
        highest=np.empty(n_lists, dtype=np.float32),
    )
    targets: list[NDArray[Any]] = [lists.owners, lists.neighbours, lists.values]
    targets += [lists.floors, lists.lowest, lists.highest]
    start = 0
    for row in made.toLocalIterator(prefetchPartitions=True):
        n_rows = len(row["item_idx"]) // 8
        for name, target in zip(_BYTES, targets, strict=True):
            part = target[start : start + n_rows]
            part[:] = np.frombuffer(row[name], dtype=target.dtype).reshape(part.shape)
        start += n_rows
    return lists


def _with_made(kept: KeptLists, made: KeptLists, in_memory: NDArray[np.uint64]) -> KeptLists:
    """Lists that are still valid, and behind them those that were made."""
    is_valid = _is_valid(kept, in_memory)
    made = replace(made, owner_marks=in_memory[made.owners])
    names = ("owners", "owner_marks", "neighbours", "values", "floors", "lowest", "highest")
    return replace(
        kept,
        **{n: np.concatenate([getattr(kept, n)[is_valid], getattr(made, n)]) for n in names},
    )


def _among(
    kept: KeptLists,
    catalogue: Catalogue,
    in_memory: NDArray[np.uint64],
    changed: NDArray[np.int64],
) -> NeighbourLists:
    """Lists of positions among all items → among a night's candidates.

    What lists hold of `changed` items is void: these are scored beside the lists.
    """
    row_of_item = np.full(len(catalogue.item_ids), -1, dtype=np.int32)
    is_valid = _is_valid(kept, in_memory)
    row_of_item[kept.owners[is_valid]] = np.flatnonzero(is_valid)
    neighbours, uncovered = kept.neighbours, np.zeros(0, dtype=np.int32)
    if len(changed) or len(catalogue.candidate_idx) < len(catalogue.item_ids):
        of_place = np.append(catalogue.candidate_of_item(), -1).astype(np.int32)
        uncovered = of_place[changed]
        of_place[changed] = -1
        neighbours = of_place[kept.neighbours]
    return NeighbourLists(
        row_of_item=row_of_item,
        neighbours=neighbours,
        values=kept.values,
        floors=kept.floors,
        lowest=kept.lowest,
        highest=kept.highest,
        uncovered=np.sort(uncovered[uncovered >= 0]),
    )
