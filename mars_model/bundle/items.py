"""Items in memory with their words, and as the file that a bundle may hold."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mars_model.bundle.parquet_rows import ID_TYPES, parse_rows
from mars_model.bundle.sealed_file import BadFileError
from mars_model.errors import InputDataError
from mars_model.features.words import document_words, stop_words
from mars_model.settings import DocumentSettings
from mars_model.sources.in_memory import Rows, id_column, table_of, texts_of


@dataclass(frozen=True)
class Items:
    """Ids [I] ascending, int64 or str, and the words of each item."""

    item_ids: NDArray[np.generic]
    words: list[list[str]]

    @classmethod
    def of(cls, rows: Rows, settings: DocumentSettings) -> "Items":
        """Clean the texts. Raises InputDataError for missing columns, missing or double ids."""
        columns = ("item_id", "title", "text", *settings.added_columns)
        table = table_of(rows, columns, ("item_id", *settings.added_columns), "items")
        item_ids = id_column(table, "item_id", "items")
        order = np.argsort(item_ids, kind="stable")
        item_ids = item_ids[order]
        twice = item_ids[1:][item_ids[1:] == item_ids[:-1]].tolist()
        if twice or not len(order):
            found = f"item_id {twice[:5]} more than once" if twice else "no row"
            raise InputDataError(f"items: found {found}, expected one row per item")
        left_out, min_length = stop_words(settings.stop_words_language), settings.min_word_length
        texts = texts_of(table, settings.text_columns)
        years = texts_of(table, (settings.year_column,) if settings.year_column else ())
        words = [
            document_words(year, text, left_out, min_length)
            for year, text in zip(years, texts, strict=True)
        ]
        return cls(item_ids, [words[position] for position in order])

    def write(self, path: Path) -> None:
        """Write them as Parquet: `item_id, words`."""
        pq.write_table(pa.table({"item_id": self.item_ids.tolist(), "words": self.words}), path)

    @classmethod
    def parse(cls, content: bytes) -> "Items":
        """The inverse of `write`, from a file's bytes. Raises BadFileError."""
        table = parse_rows(content, {"item_id": ID_TYPES, "words": (pa.list_(pa.string()),)})
        item_ids = id_column(table, "item_id", "rows")
        if not len(item_ids) or any(a >= b for a, b in pairwise(item_ids.tolist())):
            raise BadFileError("does not hold each item_id once, in ascending order")
        return cls(item_ids, table.column("words").to_pylist())
