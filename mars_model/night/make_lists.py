"""Neighbour lists, kept as arrays beside the bundles and brought up to date night by night.

A list is made by the workers, for every item that somebody likes, and lives as long as the memory
vector that it was made of. Items with new or other vectors are scored beside the lists; above
2 % of the items the lists are made anew.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession

from mars_model.bundle.registry import Bundle
from mars_model.night.kept_arrays import keep, open_kept
from mars_model.night.shipping import (
    ShippedFile,
    open_arrays,
    ship_bundle_file,
    shipped_arrays,
)
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.certified_lists import NeighbourLists
from mars_model.scoring.kept_lists import KeptLists, marks
from mars_model.scoring.neighbours import find_neighbours
from mars_model.scoring.sessions import open_relevance

_FOLDER = ".lists"
_MOST_CHANGED = 0.02
# Lists that a worker makes between two rows of bytes, and rows of a task.
_LISTS_PER_ROW, _ROWS_PER_TASK = 2048, 4
_BYTES = ("item_idx", "positions", "values", "floors", "lowest", "highest")


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
    as_candidate = marks(everything.candidates, everything.item_bias)
    in_memory = marks(everything.memory)
    kept = open_kept(KeptLists, folder)
    if kept is not None:
        kept = kept.over(everything)
    if kept is None or len(kept.changed(as_candidate)) > _MOST_CHANGED * len(as_candidate):
        kept = KeptLists.none(everything, as_candidate, length)
    missing = np.setdiff1d(np.flatnonzero(everything.n_likes), kept.valid_owners(in_memory))
    if len(missing):
        made = _make(spark, bundle, everything, missing, length)
        kept = kept.with_made(made, as_candidate, in_memory)
        keep(kept, folder)
        kept = open_kept(KeptLists, folder) or kept
    return kept.among(catalogue, in_memory, kept.changed(as_candidate)), len(missing)


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
    catalogue_key: str, shipped: ShippedFile, length: int
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def make(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        catalogue = open_arrays(Catalogue, catalogue_key)
        relevance = open_relevance(shipped.arrived())
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
