"""A research set → two folders of Parquet, in batches of bounded size.

Broken lines ride along with their reason.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.parquet as pq

from mars_model.sources.research.records import Broken, Row
from mars_model.sources.research.set_files import Reading, ResearchSet
from mars_model.sources.text_tables import CORRUPT, WHY, texts

_MAX_ROWS = 32_768
_MAX_CHARACTERS = 4 << 20
_EXAMPLES = 5

_OF_BROKEN_LINES = [(CORRUPT, pa.string()), (WHY, pa.string())]
ITEMS_SCHEMA = pa.schema(
    [
        ("item_id", pa.string()),
        ("title", pa.string()),
        ("text", pa.string()),
        ("genres", pa.string()),
        *_OF_BROKEN_LINES,
    ]
)
INTERACTIONS_SCHEMA = pa.schema(
    [
        ("user_id", pa.string()),
        ("item_id", pa.string()),
        ("rating", pa.float64()),
        ("interacted_at", pa.timestamp("us", tz="UTC")),
        *_OF_BROKEN_LINES,
    ]
)


@dataclass
class BrokenLines:
    """How many lines gave no row, and the first of them."""

    n: int = 0
    examples: list[Broken] = field(default_factory=list)

    def add(self, line: Broken) -> None:
        """Count one, and keep it while it is one of the first."""
        self.n += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(line)


@dataclass(frozen=True)
class Written:
    """Where the rows of a set lie, and the lines that gave none."""

    items: Path
    interactions: Path
    broken: BrokenLines


def write_set(chosen: ResearchSet, folder: Path, say: Callable[[str], None]) -> Written:
    """Stream a set into `folder`; `say` hears of each file as it is begun."""
    broken = BrokenLines()
    items, interactions = folder / "items", folder / "interactions"
    _write(chosen.items, ITEMS_SCHEMA, items, broken, say)
    _write(chosen.interactions, INTERACTIONS_SCHEMA, interactions, broken, say)
    return Written(items, interactions, broken)


def _write(
    reading: Reading,
    schema: pa.Schema,
    folder: Path,
    broken: BrokenLines,
    say: Callable[[str], None],
) -> None:
    """A row group holds one batch, so neither writer nor reader ever needs more than that."""
    folder.mkdir()
    with pq.ParquetWriter(folder / "part-0.parquet", schema) as writer:
        for file in reading.files:
            say(f"reading {file}")
            for batch in record_batches(reading.read(file), schema, broken):
                writer.write_batch(batch)


def record_batches(
    rows: Iterable[Row | Broken], schema: pa.Schema, broken: BrokenLines
) -> Iterator[pa.RecordBatch]:
    """Rows in order, in batches of at most _MAX_ROWS rows or about _MAX_CHARACTERS of text.

    A broken line is a row of nulls with `_corrupt_record` (file, line and text, as JSON) and
    `_corrupt_reason`, which validation takes for the reason of rejection; `broken` counts it.
    """
    n_fields = len(schema) - len(_OF_BROKEN_LINES)
    held: list[tuple[object, ...]] = []
    characters = 0
    for row in rows:
        if isinstance(row, Broken):
            broken.add(row)
            kept = {"file": row.file, "line": row.line, "text": row.text}
            record = (None,) * n_fields + (json.dumps(kept, ensure_ascii=False), row.reason)
        else:
            record = (*row, None, None)
        held.append(record)
        characters += sum(len(value) for value in record if isinstance(value, str))
        if len(held) >= _MAX_ROWS or characters >= _MAX_CHARACTERS:
            yield _batch(held, schema)
            held, characters = [], 0
    if held:
        yield _batch(held, schema)


def _batch(rows: list[tuple[object, ...]], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    arrays = [_array(list(c), f.type) for c, f in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(column: list[object], data_type: pa.DataType) -> pa.Array:
    if pa.types.is_string(data_type):
        return texts(cast("list[str | None]", column))
    return pa.array(column, data_type)
