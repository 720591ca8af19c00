"""Reads a Parquet file of a bundle: schema and sizes first, then the values, none of them null."""

from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.parquet as pq

from mars_model.bundle.sealed_file import MOST_FILE_BYTES, BadFileError

MOST_ROWS = 50_000_000
ID_TYPES = (pa.int64(), pa.string())
_ROWS_PER_BATCH = 4096


def parse_rows(content: bytes, columns: Mapping[str, tuple[pa.DataType, ...]]) -> pa.Table:
    """A table of exactly these columns, each of one of its types.

    Raises BadFileError where the file is another, or holds more than its limits.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        found = {field.name: field.type for field in file.schema_arrow}
        if [*found] != [*columns] or any(found[name] not in columns[name] for name in columns):
            raise BadFileError(f"has the columns {_named(found)}, expected {', '.join(columns)}")
        metadata = file.metadata
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        n_bytes = sum(group.total_byte_size for group in groups)
        if metadata.num_rows > MOST_ROWS or n_bytes > MOST_FILE_BYTES:
            raise BadFileError(
                f"has {metadata.num_rows:,} rows of {n_bytes:,} bytes unpacked, at most "
                f"{MOST_ROWS:,} of {MOST_FILE_BYTES:,}"
            )
        table = pa.Table.from_batches(_batches(file), file.schema_arrow)
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise BadFileError(f"cannot be read as Parquet ({reason[:200]})") from error
    if nulls := [name for name in columns if _has_nulls(table.column(name))]:
        raise BadFileError(f"has nulls in {', '.join(nulls)}")
    return table


def _batches(file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    """What the metadata says of sizes may be a lie: what is read is counted."""
    n_rows = n_bytes = 0
    for batch in file.iter_batches(_ROWS_PER_BATCH):
        n_rows, n_bytes = n_rows + batch.num_rows, n_bytes + batch.nbytes
        if n_rows > MOST_ROWS or n_bytes > MOST_FILE_BYTES:
            raise BadFileError(f"has more than {MOST_ROWS:,} rows or {MOST_FILE_BYTES:,} bytes")
        yield batch


def _has_nulls(column: pa.ChunkedArray) -> bool:
    return bool(column.null_count) or any(
        pa.types.is_list(chunk.type) and chunk.flatten().null_count for chunk in column.chunks
    )


def _named(found: Mapping[str, pa.DataType]) -> str:
    return ", ".join(f"{name[:100]} {str(kind)[:100]}" for name, kind in [*found.items()][:10])
