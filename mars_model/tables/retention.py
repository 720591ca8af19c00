"""Finds and removes the files that no version to be kept needs, by Delta's own VACUUM.

VACUUM alone goes by time: it spares what left the table after its cutoff. No cutoff serves for an
older version that a run has pinned: a checkpoint forgets what left the table more than a week ago
(`delta.deletedFileRetentionDuration`), and VACUUM then takes the age of the file itself. So the
files of such versions are looked up, and VACUUM never hears of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from pyspark.sql import SparkSession

from mars_model.tables import delta_files, delta_spark
from mars_model.tables.delta_files import StoredFile
from mars_model.tables.warehouse import Warehouse

_CLEANS_LOG = "delta.enableExpiredLogCleanup"
_DURATION_CHECK = "spark.databricks.delta.retentionDurationCheck.enabled"
_INVENTORY = "path string, length long, isDir boolean, modificationTime long"
_VIEW = "mars_old_files"


def old_files(
    warehouse: Warehouse, table: str, versions: Iterable[int], cutoff: datetime, now: datetime
) -> list[StoredFile]:
    """Files that left a table before a moment, and that none of the versions needs.

    A version that cannot be read any more needs none.
    """
    location = warehouse.location(table)
    folder = delta_files.local_folder(location)
    needed: set[str] = set()
    for version in {*versions, warehouse.version(table)}:
        found = None if folder is None else delta_files.files_at(folder, version)
        if found is None:
            found = delta_spark.files_at(warehouse.spark, location, version)
        needed |= found or set()
    if folder is None:
        stored = delta_spark.stored_files(warehouse.spark, location)
    else:
        stored = delta_files.stored_files(folder)
    before_ms = int(cutoff.timestamp() * 1000)
    files = [one for one in stored if one.modified_ms < before_ms and one.name not in needed]
    if not files:
        return []
    vacuum = _vacuum(location, cutoff, now)
    with _seen_by_vacuum(warehouse.spark, files):
        rows = warehouse.spark.sql(f"{vacuum} dry run").collect()
    names = {str(row[0]).rpartition("/")[2] for row in rows}
    return [file for file in files if file.name in names]


def remove_files(
    warehouse: Warehouse, table: str, files: Sequence[StoredFile], cutoff: datetime, now: datetime
) -> None:
    """Remove those of `old_files` that still are."""
    with warehouse.alone(table), _seen_by_vacuum(warehouse.spark, files):  # VACUUM commits too
        warehouse.spark.sql(_vacuum(warehouse.location(table), cutoff, now))


def keep_log(warehouse: Warehouse, table: str) -> None:
    """Let every entry of a table's log stay: versions that runs have pinned are read by them.

    Delta tidies entries of a month ago away, also those of a version that was current until
    today. Tables made by `Warehouse.create` have it; those of earlier releases do not.
    """
    if warehouse.properties(table).get(_CLEANS_LOG) != "false":
        warehouse.set_property(table, _CLEANS_LOG, "false")


def _vacuum(location: str, cutoff: datetime, now: datetime) -> str:
    hours = (now - cutoff).total_seconds() / 3600
    inventory = f"using inventory (select * from {_VIEW})"
    return f"vacuum {delta_spark.quoted(location)} {inventory} retain {hours:.6f} hours"


@contextmanager
def _seen_by_vacuum(spark: SparkSession, files: Sequence[StoredFile]) -> Iterator[None]:
    """Let VACUUM see these files only, however few hours it is given.

    What it prints goes to stderr: stdout belongs to results.
    """
    jvm: Any = spark.sparkContext._jvm
    console = getattr(getattr(jvm.scala, "Console$"), "MODULE$")
    before, stdout = spark.conf.get(_DURATION_CHECK), console.out()
    rows = [(file.path, file.n_bytes, False, file.modified_ms) for file in files]
    spark.createDataFrame(rows, _INVENTORY).createOrReplaceTempView(_VIEW)
    spark.conf.set(_DURATION_CHECK, "false")
    console.setOutDirect(jvm.java.lang.System.err)
    try:
        yield
    finally:
        console.setOutDirect(stdout)
        spark.conf.set(_DURATION_CHECK, str(before))
        spark.catalog.dropTempView(_VIEW)
