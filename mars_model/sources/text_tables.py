"""CSV and JSON lines → Parquet of texts in a temporary folder, in batches of bounded size."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mars_model.errors import InputDataError
from mars_model.sources.column_names import plain_name
from mars_model.sources.csv_lines import BrokenRecord, CsvLines
from mars_model.sources.data_files import DataFiles
from mars_model.sources.json_lines import JsonLines, check_columns
from mars_model.sources.text_files import TextFile, opened

# Of a line that is no row: its text, and why.
CORRUPT, WHY = "_corrupt_record", "_corrupt_reason"
_MAX_ROWS = 50_000
_MAX_CHARACTERS = 16 << 20
_PROGRESS_BYTES = 64 << 20  # of a file between two lines of progress


@dataclass
class TextTable:
    """What was written: columns by place, `c0`, `c1`, … in the order of `names`."""

    folder: Path
    names: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class _Batch:
    """Rows that wait to be written, and the characters in them."""

    rows: list[list[str | None]] = field(default_factory=list)
    broken: list[BrokenRecord] = field(default_factory=list)
    n_characters: int = 0

    @property
    def is_full(self) -> bool:
        n_rows = len(self.rows) + len(self.broken)
        return n_rows >= _MAX_ROWS or self.n_characters >= _MAX_CHARACTERS


def write_text_table(
    data: DataFiles, folder: Path, encoding: str, say: Callable[[str], None]
) -> TextTable:
    """All rows of the files, with the union of their columns; broken lines as rows of their own.

    Raises InputDataError where a file is no text, holds an unclosed quote, or has other columns
    than the first.
    """
    folder.mkdir(parents=True)
    table = TextTable(folder)
    for number, path in enumerate(data.files):
        with opened(path, encoding) as file:
            batches = (
                _csv_batches(table, file, path)
                if data.format == "csv"
                else _json_batches(table, file, path)
            )
            progress = _Progress(path, say)
            for part, batch in enumerate(batches):
                _write(batch, len(table.names), folder / f"{number:05d}-{part:06d}.parquet")
                progress.on_rows(file, len(batch.rows))
    return table


def _csv_batches(table: TextTable, file: TextFile, path: Path) -> Iterator[_Batch]:
    lines = CsvLines(file.text, str(path))
    order = _order_of(table, lines, path)
    is_same = order == list(range(len(order)))
    batch, n_before = _Batch(), 0
    for record in lines:
        if isinstance(record, BrokenRecord):
            batch.broken.append(record)
        else:
            batch.rows.append(record if is_same else [record[i] for i in order])  # type: ignore[arg-type]
        batch.n_characters = lines.n_characters - n_before
        if batch.is_full:
            yield batch
            batch, n_before = _Batch(), lines.n_characters
    yield batch


def _order_of(table: TextTable, lines: CsvLines, path: Path) -> list[int]:
    """For each column of the table its place in this file, whose order may be another."""
    if not table.names:
        table.names.extend(lines.heading)
        if lines.separator != ",":
            table.notes.append(f"separated by {lines.separator!r}")
        return list(range(len(lines.heading)))
    first = [plain_name(name) for name in table.names]
    here = [plain_name(name) for name in lines.heading]
    if sorted(first) != sorted(here):
        lacking = [n for n, plain in zip(table.names, first, strict=True) if plain not in here]
        more = [n for n, plain in zip(lines.heading, here, strict=True) if plain not in first]
        raise InputDataError(
            f"file {path}: its heading differs from that of the folder's first file: it lacks "
            f"{', '.join(lacking) or 'nothing'} and has {', '.join(more) or 'nothing'} besides. "
            "Import files of different columns one by one"
        )
    return [here.index(name) for name in first]


def _json_batches(table: TextTable, file: TextFile, path: Path) -> Iterator[_Batch]:
    places = {name: place for place, name in enumerate(table.names)}
    batch = _Batch()
    for record in JsonLines(file.text, str(path)):
        if isinstance(record, BrokenRecord):
            batch.broken.append(record)
            batch.n_characters += len(record.text)
        else:
            for name in record:
                if name not in places:
                    places[name] = len(places)
                    table.names.append(name)
                    check_columns(places, str(path))
            row = [record.get(name) for name in places]
            batch.rows.append(row)
            batch.n_characters += sum(len(value) for value in row if value)
        if batch.is_full:
            yield batch
            batch = _Batch()
    yield batch


def _write(batch: _Batch, n_columns: int, path: Path) -> None:
    """One file a batch: neither writer nor reader ever needs more than that."""
    n_broken = len(batch.broken)
    lacking = [None] * n_columns  # of rows from before a name of a column was first seen
    rows = (row if len(row) == n_columns else [*row, *lacking[len(row) :]] for row in batch.rows)
    by_column = list(zip(*rows, strict=True)) or [()] * n_columns
    columns = {}
    for place, values in enumerate(by_column):
        given = texts(values)
        filled = pc.if_else(pc.equal(given, ""), None, given)
        columns[f"c{place}"] = pa.concat_arrays([filled, pa.nulls(n_broken, pa.string())])
    nothing = [None] * len(batch.rows)
    columns[CORRUPT] = texts([*nothing, *(broken.text for broken in batch.broken)])
    columns[WHY] = texts([*nothing, *(broken.reason for broken in batch.broken)])
    pq.write_table(pa.table(columns), path)


def texts(values: Iterable[str | None]) -> pa.Array:
    """An array of texts; half a character, which JSON can name and UTF-8 not, becomes U+FFFD."""
    held = list(values)
    try:
        return pa.array(held, pa.string())
    except UnicodeEncodeError:
        return pa.array([None if v is None else _whole(v) for v in held], pa.string())


def _whole(text: str) -> str:
    """Two halves become their character, a single half the mark of what is not readable."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Progress:
    """Says how far a large file is read, each time that so many bytes are behind."""

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        self._path, self._say = path, say
        self._n_bytes, self._n_rows, self._said = path.stat().st_size, 0, 0

    def on_rows(self, file: TextFile, n_rows: int) -> None:
        """So many more rows were read."""
        self._n_rows += n_rows
        n_read = file.n_bytes_read
        if n_read - self._said >= _PROGRESS_BYTES:
            self._said = n_read
            share = n_read / self._n_bytes
            self._say(f"reading {self._path}: {share:.0%}, {self._n_rows:,} rows")
