"""The item factors of a bundle: free vectors and bias of the items that training saw liked."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mars_model.bundle.parquet_rows import ID_TYPES, parse_rows
from mars_model.bundle.sealed_file import BadFileError

FloatArray = NDArray[np.float32]
_VECTORS = (pa.list_(pa.float32()),)
_COLUMNS = {
    "item_id": ID_TYPES,
    "free_item": _VECTORS,
    "free_memory": _VECTORS,
    "item_bias": (pa.float32(),),
}


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
        id_type = pa.string() if self.item_ids.dtype.kind == "U" else pa.int64()
        return pa.table(
            {
                "item_id": pa.array(self.item_ids.tolist(), id_type),
                "free_item": _lists(self.free_item),
                "free_memory": _lists(self.free_memory),
                "item_bias": pa.array(self.item_bias),
            }
        )

    def write(self, path: Path) -> None:
        """Write the table as Parquet; the same factors give the same bytes."""
        pq.write_table(self.table(), path)

    @classmethod
    def parse(cls, content: bytes, size: int) -> "ItemFactors":
        """The factors that `write` wrote, of a model with K = `size`. Raises BadFileError."""
        table = parse_rows(content, _COLUMNS)
        free = [_matrix(table, name, size) for name in ("free_item", "free_memory")]
        item_ids = np.array(table.column("item_id").to_pylist())
        factors = cls(item_ids, free[0], free[1], table.column("item_bias").to_numpy())
        if not all(np.isfinite(values).all() for values in (*free, factors.item_bias)):
            raise BadFileError("holds values that are no finite numbers")
        if len({*item_ids.tolist()}) < len(item_ids):
            raise BadFileError("holds an item_id more than once")
        return factors

    def of(self, item_ids: NDArray[np.generic]) -> "ItemFactors":
        """The factors of these items, in this order, zeros where an item has none."""
        row_of = {item_id: row for row, item_id in enumerate(self.item_ids.tolist())}
        rows = np.array([row_of.get(item_id, -1) for item_id in item_ids.tolist()], dtype=np.int64)
        parts = self.free_item, self.free_memory, self.item_bias
        # The row of zeros stands last, where −1 finds it.
        with_zeros = [np.append(p, np.zeros_like(p, shape=(1, *p.shape[1:])), 0) for p in parts]
        return ItemFactors(item_ids, *(values[rows] for values in with_zeros))


def _lists(vectors: FloatArray) -> pa.Array:
    n_rows, size = vectors.shape
    starts = pa.array(np.arange(n_rows + 1, dtype=np.int32) * size)
    return pa.ListArray.from_arrays(starts, pa.array(vectors.reshape(-1)))


def _matrix(table: pa.Table, name: str, size: int) -> FloatArray:
    lists = table.column(name).combine_chunks()
    if not (np.diff(lists.offsets.to_numpy()) == size).all():
        raise BadFileError(f"has {name} of other lengths than {size}")
    matrix: FloatArray = lists.flatten().to_numpy().reshape(table.num_rows, size)
    return matrix
