"""Reads a Parquet file of a bundle: schema and sizes first, then the values, none of them null."""

from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mars_model.bundle.sealed_file import MOST_FILE_BYTES, BadFileError

MOST_ROWS = 50_000_000
ID_TYPES = (pa.int64(), pa.string())
_ROWS_PER_BATCH = 4096
_WIDTHS = {"INT64": 8, "FLOAT": 4}


def parse_rows(content: bytes, columns: Mapping[str, tuple[pa.DataType, ...]]) -> pa.Table:
    """A table of exactly these columns, each of one of its types.

    Raises BadFileError where the file is another, or holds more than its limits.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        found = {field.name: field.type for field in file.schema_arrow}
        if [*found] != [*columns] or any(found[name] not in columns[name] for name in columns):
            raise BadFileError(f"has the columns {_named(found)}, expected {', '.join(columns)}")
        n_rows, n_bytes = file.metadata.num_rows, _said_bytes(file.metadata)
        if n_rows > MOST_ROWS or n_bytes > MOST_FILE_BYTES:
            raise BadFileError(
                f"has {n_rows:,} rows of {n_bytes:,} bytes unpacked, at most {MOST_ROWS:,} of "
                f"{MOST_FILE_BYTES:,}"
            )
        # Each text of a batch once: a long one that repeats is seen before it is copied.
        once = pq.ParquetFile(pa.BufferReader(content), read_dictionary=_texts(file))
        table = pa.Table.from_batches(_batches(once), once.schema_arrow).cast(file.schema_arrow)
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise BadFileError(f"cannot be read as Parquet ({reason[:200]})") from error
    if nulls := [name for name in columns if _has_nulls(table.column(name))]:
        raise BadFileError(f"has nulls in {', '.join(nulls)}")
    return table


def _said_bytes(metadata: pq.FileMetaData) -> int:
    """Bytes unpacked, as the metadata has it: of a repeated value a page says little."""
    n_bytes = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        values = (group.column(position) for position in range(group.num_columns))
        n_values = sum(_WIDTHS.get(one.physical_type, 0) * one.num_values for one in values)
        n_bytes += max(group.total_byte_size, n_values)
    return n_bytes


def _texts(file: pq.ParquetFile) -> list[str]:
    """Paths of the columns that hold text."""
    columns = [file.schema.column(position) for position in range(len(file.schema))]
    return [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]


def _batches(file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    """What the metadata says of sizes may be a lie: what is read is counted."""
    n_rows = n_bytes = 0
    for batch in file.iter_batches(_ROWS_PER_BATCH):
        n_rows += batch.num_rows
        n_bytes += sum(_unpacked_bytes(column) for column in batch.columns)
        if n_rows > MOST_ROWS or n_bytes > MOST_FILE_BYTES:
            raise BadFileError(
                f"has more than {MOST_ROWS:,} rows or {MOST_FILE_BYTES:,} bytes unpacked"
            )
        yield batch


def _unpacked_bytes(column: pa.Array) -> int:
    if pa.types.is_list(column.type):
        return int(column.nbytes) + _unpacked_bytes(column.flatten())
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary)
    return int(pc.sum(lengths.take(column.indices).cast(pa.int64())).as_py() or 0)


def _has_nulls(column: pa.ChunkedArray) -> bool:
    return bool(column.null_count) or any(
        pa.types.is_list(chunk.type) and chunk.flatten().null_count for chunk in column.chunks
    )


def _named(found: Mapping[str, pa.DataType]) -> str:
    return ", ".join(f"{name[:100]} {str(kind)[:100]}" for name, kind in [*found.items()][:10])
