"""Delta tables by Spark's public API, wherever they lie: the only module with delta."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from delta import exceptions as conflicts
from delta.tables import DeltaTable
from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException, IllegalArgumentException, PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from mars_model.causes import first_cause, is_exhaustion
from mars_model.errors import InputDataError, MarsBatchError
from mars_model.tables.delta_files import StoredFile
from mars_model.tables.pin import Commit, TablePin
from mars_model.tables.sql_names import quoted_name

# All by name: they are not raised as the class that they are said to share.
_CONFLICTS = tuple(getattr(conflicts, name) for name in conflicts.__all__)


class WrittenMeanwhileError(MarsBatchError):
    """Another writer committed to the same rows while ours were being written."""


def quoted(location: str) -> str:
    """A table as SQL names it."""
    return f"delta.{quoted_name(location)}"


def is_table(spark: SparkSession, location: str) -> bool:
    """Whether a table was ever written there."""
    return DeltaTable.isDeltaTable(spark, location)


def pin_table(spark: SparkSession, location: str, version: int | None = None) -> TablePin:
    """What the table is now, or was at a version.

    Raises InputDataError where the log does not reach back to the version.
    """
    detail = DeltaTable.forPath(spark, location).detail().select("id").first()
    made = commits(spark, location)
    version = made[0].version if version is None else version
    schema = load(spark, location, version).schema
    before = [commit for commit in made if commit.version <= version]
    return TablePin.of(str(detail[0]), version, before, schema)  # type: ignore[index]


def has_all_files(spark: SparkSession, location: str, version: int) -> bool:
    """Whether every file of a version can still be read: all of one column is."""
    rows = load(spark, location, version)
    try:
        rows.agg(F.bit_xor(F.xxhash64(F.col(rows.columns[0])))).collect()
    except (PySparkException, Py4JJavaError) as error:
        if is_exhaustion(error):
            raise
        return False
    return True


def commits(spark: SparkSession, location: str) -> list[Commit]:
    """The commits of the table's log, newest first."""
    history = DeltaTable.forPath(spark, location).history()
    names = ("version", "operation", "userMetadata", "operationParameters")
    rows = history.select(*names).collect()
    return sorted((Commit.of(*row) for row in rows), key=lambda commit: -commit.version)


def properties(spark: SparkSession, location: str) -> dict[str, str]:
    """The table's properties."""
    row = DeltaTable.forPath(spark, location).detail().select("properties").first()
    return dict(row["properties"]) if row else {}


def load(
    spark: SparkSession, location: str, version: int | None = None, label: str = ""
) -> DataFrame:
    """The rows, at a version where one is given.

    Raises InputDataError, which names the table by `label`, where its files or log are gone.
    """
    reader = spark.read.format("delta")
    if version is not None:
        reader = reader.option("versionAsOf", version)
    try:
        return reader.load(location)
    except AnalysisException as error:
        raise InputDataError(
            f"{label or location}: cannot be read, it may have been vacuumed "
            f"away ({str(error).strip().splitlines()[0]})"
        ) from error


def files_at(spark: SparkSession, location: str, version: int) -> set[str] | None:
    """Names of the data files of a version; None where the log does not reach back to it."""
    try:
        return {unquote(p).rpartition("/")[2] for p in load(spark, location, version).inputFiles()}
    except InputDataError:
        return None


def stored_files(spark: SparkSession, location: str) -> list[StoredFile]:
    """All data files in the table's folder."""
    reader = spark.read.format("binaryFile").option("pathGlobFilter", "*.parquet")
    files = reader.option("recursiveFileLookup", "true").load(location)
    facts = files.select("path", "length", F.unix_millis("modificationTime")).collect()
    return [StoredFile(*row) for row in facts]


def add_columns(spark: SparkSession, location: str, columns: StructType) -> None:
    """Add columns behind those of a table, null in the rows that are there."""
    listed = ", ".join(f"{quoted_name(f.name)} {f.dataType.simpleString()}" for f in columns)
    spark.sql(f"alter table {quoted(location)} add columns ({listed})")


def overwrite(
    rows: DataFrame, location: str, note: dict[str, Any] | None, where: str | None
) -> None:
    """Replace all rows, or those that match `where`, by one commit that carries a note.

    Raises WrittenMeanwhileError where another writer changes the same rows meanwhile.
    """
    writer = rows.write.format("delta").mode("overwrite")
    if where is not None:
        writer = writer.option("replaceWhere", where)
    if note is not None:
        writer = writer.option("userMetadata", json.dumps(note, sort_keys=True))
    with _told_of_conflicts(location, where):
        writer.save(location)


@contextmanager
def _told_of_conflicts(location: str, where: str | None = None) -> Iterator[None]:
    try:
        yield
    except _CONFLICTS as error:
        table = location.rsplit("/", 1)[-1]
        raise WrittenMeanwhileError(
            f"table {table}{f' where {where}' if where else ''}: another run wrote it at the "
            "same time, and its rows stand. Run this one again if they should be replaced"
        ) from error


def restore(spark: SparkSession, location: str, version: int, note: dict[str, Any]) -> None:
    """Bring back the rows of a version, by one commit that carries a note.

    Raises WrittenMeanwhileError where another writer commits meanwhile, InputDataError where the
    version or one of its files is gone.
    """
    table = location.rsplit("/", 1)[-1]
    own = spark.newSession()  # its settings are nobody else's
    own.conf.set("spark.databricks.delta.commitInfo.userMetadata", json.dumps(note, sort_keys=True))
    try:
        DeltaTable.forPath(own, location).restoreToVersion(version)
    except _CONFLICTS as error:
        raise WrittenMeanwhileError(
            f"table {table}: another run wrote it at the same time, and nothing was brought back. "
            "Run this one again"
        ) from error
    except (AnalysisException, IllegalArgumentException) as error:
        raise InputDataError(
            f"table {table}: version {version} cannot be brought back, it was vacuumed away "
            f"({first_cause(error)})"
        ) from error


@dataclass(frozen=True)
class Merged:
    """What a merge did, in rows."""

    n_inserted: int
    n_updated: int
    n_deleted: int


def merge(
    rows: DataFrame, location: str, keys: tuple[str, ...], removes_others: bool = False
) -> Merged:
    """Update the rows with equal keys (null equals null) where they differ, insert the others.

    Columns that `rows` does not have stay as they are; with `removes_others`, rows whose keys are
    not among those of `rows` go. Raises WrittenMeanwhileError as `overwrite` does.
    """
    equal = {name: f"held.{quoted_name(name)} <=> new.{quoted_name(name)}" for name in rows.columns}
    condition = " and ".join(equal[key] for key in keys)
    others = [name for name in rows.columns if name not in keys]
    differs = " or ".join(f"not ({equal[name]})" for name in others)
    new: dict[str, str | Column] = {
        quoted_name(name): f"new.{quoted_name(name)}" for name in rows.columns
    }
    builder = (
        DeltaTable.forPath(rows.sparkSession, location)
        .alias("held")
        .merge(rows.alias("new"), condition)
    )
    if others:
        to_set = {quoted_name(name): new[quoted_name(name)] for name in others}
        builder = builder.whenMatchedUpdate(differs, to_set)
    builder = builder.whenNotMatchedInsert(values=new)
    if removes_others:
        builder = builder.whenNotMatchedBySourceDelete()
    with _told_of_conflicts(location):
        done = builder.execute().first()
    assert done is not None
    return Merged(done["num_inserted_rows"], done["num_updated_rows"], done["num_deleted_rows"])
