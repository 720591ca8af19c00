"""The Spark stages around neighbour lists: making them, extending them, collecting them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import DataFrame, SparkSession

from mars_model.night.shipping import open_arrays, shipped_file
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.certified_lists import NeighbourLists
from mars_model.scoring.neighbours import Neighbours, extend_neighbours, find_neighbours
from mars_model.scoring.sessions import open_relevance

# Lists that a worker makes between two batches of rows.
_LISTS_PER_BATCH = 2048
LIST_COLUMNS = ("item_id", "neighbour_ids", "scores", "floor", "lowest", "highest")


@dataclass(frozen=True)
class ListShipment:
    """What a worker needs to make lists; the catalogue has every item as a candidate."""

    catalogue_key: str
    relevance_name: str
    model_version: str
    length: int


def made_lists(
    spark: SparkSession, shipment: ListShipment, item_idx: NDArray[np.int64], item_type: str
) -> DataFrame:
    """Rows of item_neighbours for the items at these positions of the catalogue."""
    n_blocks = max(1, min(len(item_idx), 4 * spark.sparkContext.defaultParallelism))
    rows = spark.createDataFrame(pa.table({"item_idx": item_idx})).repartition(n_blocks)

    def make(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        catalogue = open_arrays(Catalogue, shipment.catalogue_key)
        relevance = open_relevance(shipped_file(shipment.relevance_name))
        for batch in batches:
            every = batch.column("item_idx").to_numpy()
            for start in range(0, len(every), _LISTS_PER_BATCH):
                some = every[start : start + _LISTS_PER_BATCH]
                memory = np.asarray(catalogue.memory[some])
                found = find_neighbours(
                    relevance, memory, catalogue.candidates, catalogue.item_bias, shipment.length
                )
                yield _rows(catalogue, shipment, some, found)

    return rows.mapInArrow(make, _schema(item_type))


def extended_lists(
    held: DataFrame, shipment: ListShipment, changed: NDArray[np.int64], item_type: str
) -> DataFrame:
    """The same rows with the items at `changed` taken out where they stand and put in anew."""

    def extend(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        catalogue = open_arrays(Catalogue, shipment.catalogue_key)
        relevance = open_relevance(shipped_file(shipment.relevance_name))
        for batch in batches:
            item_idx = catalogue.positions(_ids(batch.column("item_id"), catalogue))
            old = _neighbours(batch, catalogue, shipment.length)
            found = extend_neighbours(
                old,
                relevance(
                    np.asarray(catalogue.memory[item_idx]),
                    np.asarray(catalogue.candidates[changed]),
                ),
                np.asarray(catalogue.item_bias[changed]),
                changed.astype(np.int32),
            )
            yield _rows(catalogue, shipment, item_idx, found)

    return held.mapInArrow(extend, _schema(item_type))


def lists_of_rows(table: pa.Table, catalogue: Catalogue) -> NeighbourLists:
    """LIST_COLUMNS of item_neighbours → lists with neighbours by position among all items."""
    n_lists = table.num_rows
    length = pc.max(pc.list_value_length(table.column("scores"))).as_py() or 1
    lists = NeighbourLists(
        row_of_item=np.full(len(catalogue.item_ids), -1, dtype=np.int32),
        neighbours=np.empty((n_lists, length), dtype=np.int32),
        values=np.empty((n_lists, length), dtype=np.float32),
        floors=np.empty(n_lists, dtype=np.float32),
        lowest=np.empty(n_lists, dtype=np.float32),
        highest=np.empty(n_lists, dtype=np.float32),
        uncovered=np.zeros(0, dtype=np.int32),
    )
    start = 0
    for batch in table.to_batches():
        part = slice(start, start + batch.num_rows)
        found = _neighbours(batch, catalogue, length)
        lists.neighbours[part], lists.values[part] = found.positions, found.values
        lists.floors[part] = found.floors
        lists.lowest[part], lists.highest[part] = found.lowest, found.highest
        owners = catalogue.positions(_ids(batch.column("item_id"), catalogue))
        is_known = owners >= 0
        lists.row_of_item[owners[is_known]] = start + np.flatnonzero(is_known)
        start += batch.num_rows
    return lists


def _schema(item_type: str) -> str:
    return (
        f"model_version string, item_id {item_type}, neighbour_ids array<{item_type}>, "
        "scores array<float>, floor float, lowest float, highest float"
    )


def _rows(
    catalogue: Catalogue, shipment: ListShipment, item_idx: NDArray[np.int64], found: Neighbours
) -> pa.RecordBatch:
    """Lists as rows: neighbours by id, without the empty places behind a short list's end."""
    is_held = found.positions >= 0
    ends = np.concatenate([[0], np.cumsum(is_held.sum(axis=1))]).astype(np.int32)
    offsets = pa.array(ends)
    ids = pa.array(np.asarray(catalogue.item_ids[found.positions[is_held]]))
    n_rows = len(item_idx)
    version = pa.array([shipment.model_version] * n_rows, type=pa.string())
    columns = {
        "model_version": version,
        "item_id": pa.array(np.asarray(catalogue.item_ids[item_idx])),
        "neighbour_ids": pa.ListArray.from_arrays(offsets, ids),
        "scores": pa.ListArray.from_arrays(offsets, pa.array(found.values[is_held])),
        "floor": pa.array(found.floors, mask=np.isneginf(found.floors)),
        "lowest": pa.array(found.lowest),
        "highest": pa.array(found.highest),
    }
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def _neighbours(batch: pa.RecordBatch, catalogue: Catalogue, length: int) -> Neighbours:
    """Rows as arrays [L, T]; an id that the catalogue does not have leaves its place empty."""
    lists = batch.column("neighbour_ids")
    ends = lists.offsets.to_numpy() - lists.offsets[0].as_py()
    n_held = np.diff(ends)
    is_held = np.arange(length) < n_held[:, None]
    found = np.full((batch.num_rows, length), -1, dtype=np.int32)
    found[is_held] = catalogue.positions(_ids(lists.flatten(), catalogue))
    values = np.full((batch.num_rows, length), -np.inf, dtype=np.float32)
    values[is_held] = batch.column("scores").flatten().to_numpy(zero_copy_only=False)
    floors = batch.column("floor").fill_null(float("-inf")).to_numpy(zero_copy_only=False)
    ends = [batch.column(n).to_numpy(zero_copy_only=False) for n in ("lowest", "highest")]
    return Neighbours(found, values, *(np.array(a, dtype=np.float32) for a in (floors, *ends)))


def _ids(column: pa.Array, catalogue: Catalogue) -> NDArray[np.generic]:
    # Not the catalogue's own width for strings: a longer id would be cut and match another.
    values = column.to_numpy(zero_copy_only=False)
    return np.asarray(values.astype(catalogue.item_ids.dtype.type))
