"""A research set → two folders of Parquet, one batch in memory at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mars_model.sources.research.batches import (
    INTERACTIONS_SCHEMA,
    ITEMS_SCHEMA,
    BrokenLines,
    record_batches,
)
from mars_model.sources.research.set_files import Reading, ResearchSet


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
