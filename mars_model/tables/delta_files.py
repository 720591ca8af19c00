"""Delta tables whose files lie on this machine, without a JVM: the only module with deltalake."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError
from pyarrow.fs import FileType, LocalFileSystem, SubTreeFileSystem
from pyspark.sql.types import StructType

from mars_model.tables.pin import Commit, TablePin

_COMMIT_FILE = re.compile(r"([0-9]{20})\.json")
# deltalake takes these in a folder's name for parts of a URL: it looks elsewhere, or panics.
_STRANGE = re.compile(r"[\[\]#%?\\^|\x00-\x1f\x7f]")


@dataclass(frozen=True)
class LocalTable:
    """A table at one version, whose rows can be read without Spark."""

    data: ds.Dataset
    schema: StructType

    def rows(self, columns: Sequence[str], where: dict[str, Any]) -> pa.Table:
        """Some columns of the rows that have these values, or one of a list of them."""
        chosen = None
        for name, value in where.items():
            column = ds.field(name)
            is_it = column.isin(value) if isinstance(value, list) else column == value
            chosen = is_it if chosen is None else chosen & is_it
        return self.data.to_table(columns=list(columns), filter=chosen)

    def newest(self, partition: str) -> Any:
        """The greatest value of a partition column, by the names of the files; None without one."""
        held = (ds.get_partition_keys(f.partition_expression) for f in self.data.get_fragments())
        return max((keys[partition] for keys in held), default=None)


class StoredFile(NamedTuple):
    """A data file of a table's folder, whichever version it belongs to."""

    path: str
    n_bytes: int
    modified_ms: int

    @property
    def name(self) -> str:
        """Its name, which no other file of the table has."""
        return self.path.rpartition("/")[2]


def local_folder(location: str) -> Path | None:
    """The folder of a table on this machine; None elsewhere, and where only Spark takes its name.

    As Hadoop has it, a location is no URL: `%20` stands for itself.
    """
    if _STRANGE.search(location):
        return None
    if location.startswith("file:"):
        return Path("/" + location.removeprefix("file:").lstrip("/"))
    return None if "://" in location else Path(location)


def is_table(folder: Path) -> bool:
    """Whether a table was ever written there."""
    return any((folder / "_delta_log").glob("*.json"))


def open_table(folder: Path, version: int | None) -> LocalTable | None:
    """A table at a version; None where only Spark can read it, or can say why it cannot."""
    try:
        table = DeltaTable(folder, version=version)
        # Arrow's own files: those of deltalake are Python objects, and an Arrow thread that lets
        # go of one while Python ends aborts the process (apache/arrow issue 34314).
        files = SubTreeFileSystem(str(folder.absolute()), LocalFileSystem())
        return LocalTable(table.to_pyarrow_dataset(filesystem=files), _schema(table))
    except DeltaError:
        return None


def pin_table(folder: Path, version: int | None = None) -> TablePin | None:
    """What the table is now, or was at a version; None where the log does not reach back there."""
    try:
        table = DeltaTable(folder, version=version)
    except DeltaError:
        if version is None:
            raise
        return None
    found = []
    for commit in _commits(folder, table.version()):
        found.append(commit)
        if commit.makes_rows:
            break
    return TablePin.of(str(table.metadata().id), table.version(), found, _schema(table))


def commits(folder: Path) -> list[Commit]:
    """The commits of the table's log, newest first."""
    return list(_commits(folder, DeltaTable(folder).version()))


def has_all_files(folder: Path, version: int) -> bool | None:
    """Whether every file of a version is still there; None where only Spark can say."""
    found = open_table(folder, version)
    if found is None:
        return None
    data = found.data
    return all(one.type == FileType.File for one in data.filesystem.get_file_info(data.files))


def properties(folder: Path) -> dict[str, str]:
    """The table's properties."""
    return dict(DeltaTable(folder, without_files=True).metadata().configuration)


def files_at(folder: Path, version: int) -> set[str] | None:
    """Names of the data files of a version; None where only Spark can say."""
    try:
        table = DeltaTable(folder, version=version)
        return {unquote(path).rpartition("/")[2] for path in table.file_uris()}
    except DeltaError:
        return None


def stored_files(folder: Path) -> list[StoredFile]:
    """All data files in the table's folder."""
    found = []
    for path in folder.absolute().rglob("[!._]*.parquet"):
        if not any(part.startswith("_") for part in path.relative_to(folder.absolute()).parts):
            facts = path.stat()
            modified_ms = facts.st_mtime_ns // 1_000_000
            found.append(StoredFile(f"file:{path}", facts.st_size, modified_ms))
    return found


def append(folder: Path, rows: list[dict[str, Any]], instead_of: str | None) -> bool:
    """Add a few rows by one commit, in place of those that match an SQL condition.

    False where only Spark may write the table.
    """
    try:
        table = pa.Table.from_pylist(rows, schema=pa.schema(DeltaTable(folder).schema()))
        if instead_of is None:
            write_deltalake(folder, table, mode="append")
        else:
            write_deltalake(folder, table, mode="overwrite", predicate=instead_of)
    except DeltaError:
        return False
    return True


def _schema(table: DeltaTable) -> StructType:
    return StructType.fromJson(json.loads(table.schema().to_json()))


def _commits(folder: Path, newest: int) -> Iterator[Commit]:
    """The log's commits up to a version, newest first, by the names of their files.

    `DeltaTable.history` counts down from the version that it was opened at, and lists what was
    committed since as well: beside another writer its versions are wrong.
    """
    paths = {
        int(match[1]): path
        for path in (folder / "_delta_log").glob("*.json")
        if (match := _COMMIT_FILE.fullmatch(path.name))
    }
    for version in sorted((v for v in paths if v <= newest), reverse=True):
        try:
            lines = paths[version].read_text(encoding="utf-8").split("\n")
        except FileNotFoundError:  # an old one, tidied up meanwhile
            return
        entries = (json.loads(line) for line in lines if '"commitInfo"' in line)
        said: dict[str, Any] = next((e["commitInfo"] for e in entries if "commitInfo" in e), {})
        what = said.get("operation"), said.get("userMetadata"), said.get("operationParameters")
        yield Commit.of(version, *what)
