"""The item factors of a bundle: free vectors and bias of the items that training saw liked."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class ItemFactors:
    """One row per item that somebody liked in training; every other item has zeros.

    Shapes: I items, K representation size. What a model does not have is zero here too.
    """

    item_ids: NDArray[np.generic]  # [I] int64 or str
    free_item: FloatArray  # [I, K]
    free_memory: FloatArray  # [I, K]
    item_bias: FloatArray  # [I]

    def table(self) -> pa.Table:
        """Columns `item_id, free_item, free_memory, item_bias`."""
        return pa.table(
            {
                "item_id": pa.array(self.item_ids.tolist()),
                "free_item": _lists(self.free_item),
                "free_memory": _lists(self.free_memory),
                "item_bias": pa.array(self.item_bias),
            }
        )

    def write(self, path: Path) -> None:
        """Write the table as Parquet; the same factors give the same bytes."""
        pq.write_table(self.table(), path)

    @classmethod
    def read(cls, path: Path) -> "ItemFactors":
        """The factors that `write` wrote."""
        table = read_item_factors(path)
        free = [_matrix(table, name) for name in ("free_item", "free_memory")]
        item_ids = np.array(table.column("item_id").to_pylist())
        return cls(item_ids, free[0], free[1], table.column("item_bias").to_numpy())

    def of(self, item_ids: NDArray[np.generic]) -> "ItemFactors":
        """The factors of these items, in this order, zeros where an item has none."""
        row_of = {item_id: row for row, item_id in enumerate(self.item_ids.tolist())}
        rows = np.array([row_of.get(item_id, -1) for item_id in item_ids.tolist()], dtype=np.int64)
        parts = self.free_item, self.free_memory, self.item_bias
        # The row of zeros stands last, where −1 finds it.
        with_zeros = [np.append(p, np.zeros_like(p, shape=(1, *p.shape[1:])), 0) for p in parts]
        return ItemFactors(item_ids, *(values[rows] for values in with_zeros))


def read_item_factors(path: Path) -> pa.Table:
    """The table that `ItemFactors.write` wrote."""
    return pq.read_table(path)


def _lists(vectors: FloatArray) -> pa.Array:
    n_rows, size = vectors.shape
    starts = pa.array(np.arange(n_rows + 1, dtype=np.int32) * size)
    return pa.ListArray.from_arrays(starts, pa.array(vectors.reshape(-1)))


def _matrix(table: pa.Table, name: str) -> FloatArray:
    values = table.column(name).combine_chunks().flatten().to_numpy()
    matrix: FloatArray = values.reshape(table.num_rows, -1)
    return matrix
