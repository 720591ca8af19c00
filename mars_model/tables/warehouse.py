"""Reads and writes the warehouse's Delta tables: the only module that does.

Spark reads and writes rows (delta_spark.py). What a table is, and small reads, come from its files
where they lie on this machine (delta_files.py), and through Spark where they do not.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from mars_model.errors import InputDataError
from mars_model.locks import locked
from mars_model.settings.local_path import plain_path
from mars_model.tables import contracts, delta_files, delta_spark
from mars_model.tables.contracts import IdTypes
from mars_model.tables.delta_files import LocalTable
from mars_model.tables.pin import Commit, Pin, TablePin
from mars_model.tables.session import open_session
from mars_model.tables.sql_names import column

_WAIT_S = 600.0  # the merge of a large import may take as long
_N_TRIES = 3
Done = TypeVar("Done")


class Warehouse:
    """The tables under one folder, or any path that Spark's file systems know.

    Without a session, the first use that needs Spark starts it.
    """

    def __init__(self, spark: SparkSession | None, path: str) -> None:
        self._spark = spark
        self.path = plain_path(path)

    @cached_property
    def spark(self) -> SparkSession:
        """The session of this process."""
        return self._spark or open_session()

    def location(self, table: str) -> str:
        """The folder of a table; SQL only takes a path for one where it is absolute."""
        root = self.path if "://" in self.path else str(Path(self.path).absolute())
        return f"{root.rstrip('/')}/{table}"

    def exists(self, table: str) -> bool:
        """Whether the table was ever written."""
        folder = self._folder(table)
        if folder is not None:
            return delta_files.is_table(folder)
        return delta_spark.is_table(self.spark, self.location(table))

    def how_to_make(self, table: str) -> str:
        """A sentence for whoever misses a table."""
        place = self.location(table)
        return f"table {table}: not found at {place}. Make it with: {contracts.made_by(table)}"

    def pin(self, *tables: str) -> Pin:
        """What each of the tables that exist is now."""
        return Pin({table: self.pin_table(table) for table in tables if self.exists(table)})

    def pin_table(self, table: str) -> TablePin:
        """What a table is now. Raises InputDataError where it is missing."""
        self._require(table)
        folder = self._folder(table)
        found = None if folder is None else delta_files.pin_table(folder)
        return found or delta_spark.pin_table(self.spark, self.location(table))

    def pin_table_at(self, table: str, version: int) -> TablePin | None:
        """What a table was at a version; None where its rows cannot be read any more."""
        if not self.exists(table):
            return None
        folder, location = self._folder(table), self.location(table)
        found = is_whole = None
        if folder is not None:
            found = delta_files.pin_table(folder, version)
            is_whole = delta_files.has_all_files(folder, version)
        try:
            if is_whole is None:
                is_whole = delta_spark.has_all_files(self.spark, location, version)
            if not is_whole:
                return None
            return found or delta_spark.pin_table(self.spark, location, version)
        except InputDataError:  # the log does not reach back there
            return None

    def version(self, table: str) -> int:
        """The table's latest version. Raises InputDataError where it is missing."""
        return self.pin_table(table).version

    def check(self, table: str) -> int:
        """The table's latest version, where it keeps its contract. Raises InputDataError."""
        pinned = self.pin_table(table)
        contracts.check_contract(table, pinned.schema, self._label(table, pinned.version))
        return pinned.version

    @property
    def is_local(self) -> bool:
        """Whether the tables' files lie where this process reaches them."""
        return delta_files.local_folder(self.path) is not None

    def commits(self, table: str) -> list[Commit]:
        """The commits of the table's log, newest first; none where it is missing."""
        if not self.exists(table):
            return []
        folder = self._folder(table)
        if folder is not None:
            return delta_files.commits(folder)
        return delta_spark.commits(self.spark, self.location(table))

    def read(self, table: str, version: int | None = None) -> DataFrame:
        """A table, at one version where given, checked against its contract.

        Raises InputDataError where it is missing or a column breaks the contract.
        """
        self._require(table)
        label = self._label(table, version)
        frame = delta_spark.load(self.spark, self.location(table), version, label)
        contracts.check_contract(table, frame.schema, label)
        return frame

    def read_arrow(
        self,
        table: str,
        columns: Sequence[str],
        version: int | None = None,
        where: dict[str, Any] | None = None,
    ) -> pa.Table:
        """Some columns of a table for this process, without Spark where its files are reached.

        `where`: values that columns must have, or lists of which they must have one.
        """
        found = self._open(table, version)
        if found is not None:
            return found.rows(columns, where or {})
        frame = self.read(table, version)
        for name, value in (where or {}).items():
            frame = frame.where(F.col(name).isin(value))
        return frame.select(*columns).toArrow()

    def read_batches(
        self, table: str, columns: Sequence[str], version: int
    ) -> Iterator[pa.RecordBatch] | None:
        """The same batch by batch, for tables that grow with users; None where only Spark can."""
        found = self._open(table, version)
        return None if found is None else found.data.to_batches(columns=list(columns))

    def newest(self, table: str, partition: str, version: int | None = None) -> Any:
        """The greatest value of a partition column; None where the table has no rows."""
        found = self._open(table, version)
        if found is not None:
            return found.newest(partition)
        return self.read(table, version).agg(F.max(partition)).first()[0]  # type: ignore[index]

    def id_types(self) -> IdTypes:
        """How items and users are identified here, as the source tables have it."""
        for table in ("items", "interactions"):
            self._require(table)
        return self.pin("items", "interactions").id_types()

    def create(self, table: str, ids: IdTypes | None = None) -> None:
        """Create the table by sql/tables/<table>.sql unless it exists.

        Without `ids` they are typed as in the source tables.
        """
        if self.exists(table):
            return
        place = delta_spark.quoted(self.location(table))
        statement = contracts.create_statement(table, place, ids or self.id_types())
        with self.alone(table):
            if not self.exists(table):
                self.spark.sql(statement)

    def add_new_columns(self, table: str) -> None:
        """Give a table of an earlier release the columns that are new since; null in its rows."""
        if self.exists(table) and contracts.columns_beyond(table, self.pin_table(table).schema):
            with self.alone(table):
                lacking = contracts.columns_beyond(table, self.pin_table(table).schema)
                if lacking:
                    delta_spark.add_columns(self.spark, self.location(table), lacking)

    def overwrite(
        self,
        table: str,
        rows: DataFrame,
        note: dict[str, Any] | None = None,
        where: str | None = None,
    ) -> None:
        """Replace all rows, or those that match `where`, by one commit.

        `note` says what the rows were made from; a pin reads it back. Raises MarsBatchError where
        another writer changes the same rows meanwhile.
        """
        held = delta_spark.load(self.spark, self.location(table)).schema
        in_order = [column(f.name).cast(f.dataType).alias(f.name) for f in held]
        ordered, place = rows.select(in_order), self.location(table)
        self._commit(table, lambda: delta_spark.overwrite(ordered, place, note, where))

    def restore(self, table: str, version: int, note: dict[str, Any]) -> None:
        """Bring back the rows of a version by one commit that carries a note.

        Raises MarsBatchError where another writer commits meanwhile, InputDataError where the
        version or one of its files is gone.
        """
        self._require(table)
        place = self.location(table)
        self._commit(table, lambda: delta_spark.restore(self.spark, place, version, note))
        self.add_new_columns(table)

    def append(self, table: str, rows: list[dict[str, Any]], instead_of: str | None = None) -> None:
        """Add a few rows by one commit, in place of those that match an SQL condition."""
        folder = self._folder(table)
        with self.alone(table):
            if folder is not None and delta_files.append(folder, rows, instead_of):
                return
        schema = self.read(table).schema
        frame = self.spark.createDataFrame(rows, schema)
        if instead_of is not None:
            self.overwrite(table, frame, where=instead_of)
        else:
            with self.alone(table):
                frame.write.format("delta").mode("append").save(self.location(table))

    def merge(
        self, table: str, rows: DataFrame, keys: tuple[str, ...], removes_others: bool = False
    ) -> delta_spark.Merged:
        """Update the rows with equal keys (null equals null) and insert the others.

        A column of `rows` that the table does not have is added; one that `rows` does not have
        stays as it is.
        """
        return self._commit(table, lambda: self._merge(table, rows, keys, removes_others))

    def _merge(
        self, table: str, rows: DataFrame, keys: tuple[str, ...], removes_others: bool
    ) -> delta_spark.Merged:
        pinned = self.pin_table(table)
        held = pinned.schema.fieldNames()
        lacking = StructType([f for f in rows.schema if f.name not in held])
        if lacking:
            delta_spark.add_columns(self.spark, self.location(table), lacking)
        if pinned.version == 0:  # created and never written: there is nothing to look for
            nothing = {name: F.lit(None) for name in held if name not in rows.columns}
            self.overwrite(table, rows.withColumns(nothing))
            return delta_spark.Merged(n_inserted=rows.count(), n_updated=0, n_deleted=0)
        return delta_spark.merge(rows, self.location(table), keys, removes_others)

    def is_synthetic(self) -> bool:
        """Whether the items are the generated sample."""
        return self.exists("items") and self.properties("items").get("mars.synthetic") == "true"

    def mark_synthetic(self) -> None:
        """Remember that the items are the generated sample."""
        self.set_property("items", "mars.synthetic", "true")

    def properties(self, table: str) -> dict[str, str]:
        """The table's properties."""
        folder = self._folder(table)
        if folder is not None:
            return delta_files.properties(folder)
        return delta_spark.properties(self.spark, self.location(table))

    def set_property(self, table: str, name: str, value: str) -> None:
        """Set a property of a table, by one commit; name and value are words of ours."""
        place = delta_spark.quoted(self.location(table))
        with self.alone(table):
            self.spark.sql(f"alter table {place} set tblproperties ('{name}' = '{value}')")

    def _commit(self, table: str, write: Callable[[], Done]) -> Done:
        """Write alone, and again where the table was only tidied up (OPTIMIZE) meanwhile."""
        with self.alone(table):
            for _ in range(_N_TRIES - 1):
                try:
                    return write()
                except delta_spark.WrittenMeanwhileError:
                    if self.commits(table)[0].makes_rows:
                        raise
            return write()

    @contextmanager
    def alone(self, table: str) -> Iterator[None]:
        """Keep other processes from writing a table meanwhile; a thread may nest it.

        Spark tells two commits of one version apart by a rename that replaces nothing, and has none
        for the files of this machine: there the second would silently replace the first. Readers
        go on. Raises MarsBatchError, naming the lock's file, after ten minutes of waiting.
        """
        if "://" in self.path:
            yield
            return
        file = Path(self.path).absolute() / ".locks" / f"{table}.lock"
        with locked(file, f"table {table}", _WAIT_S):
            yield

    def _folder(self, table: str) -> Path | None:
        return delta_files.local_folder(self.location(table))

    def _label(self, table: str, version: int | None) -> str:
        at = "" if version is None else f" (version {version})"
        return f"{table}{at} at {self.location(table)}"

    def _open(self, table: str, version: int | None) -> LocalTable | None:
        """A table that can be read without Spark, checked against its contract; else None."""
        self._require(table)
        folder = self._folder(table)
        found = None if folder is None else delta_files.open_table(folder, version)
        if found is not None:
            contracts.check_contract(table, found.schema, self._label(table, version))
        return found

    def _require(self, table: str) -> None:
        if not self.exists(table):
            raise InputDataError(self.how_to_make(table))
