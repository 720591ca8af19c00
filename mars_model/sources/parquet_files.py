"""Parquet as it lies there: any file name, times of any unit, and one schema for all files."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from mars_model.errors import InputDataError
from mars_model.sources.data_files import DataFiles
from mars_model.tables.sql_names import column

_NANOS_AS_LONG = "spark.sql.legacy.parquet.nanosAsLong"


def read_parquet(spark: SparkSession, data: DataFiles, folder: Path) -> DataFrame:
    """The rows with their own names and types. Raises InputDataError where the files do not fit.

    `folder` is a temporary one, that lives as long as the rows are read.
    """
    if not data.files:
        return spark.read.parquet(data.source)
    schema = _one_schema(data)
    is_nano = [f.name for f in schema if pa.types.is_timestamp(f.type) and f.type.unit == "ns"]
    # Spark has no such times and reads their numbers, if it is told to.
    spark.conf.set(_NANOS_AS_LONG, "true")
    rows = spark.read.parquet(str(_plain_path(Path(data.source), folder)))
    for name in is_nano:
        micros = F.floor(column(name) / F.lit(1000).cast("bigint")).cast("bigint")
        rows = rows.withColumn(name, F.timestamp_micros(micros))
    return rows


def _one_schema(data: DataFiles) -> pa.Schema:
    """The schema of all files. Raises InputDataError with the first that differs."""
    first: pa.Schema | None = None
    for path in data.files:
        try:
            found = pq.read_schema(path)
        except (pa.ArrowException, OSError) as error:
            reason = str(error).strip().splitlines()[0].rstrip(".")
            raise InputDataError(
                f"file {path}: cannot be read: {reason}. Check that it is whole, and that its "
                "ending says what it is"
            ) from error
        first = first or found
        if not first.equals(found.remove_metadata()) and {*map(str, first)} != {*map(str, found)}:
            differing = sorted({*map(str, first)} ^ {*map(str, found)})
            raise InputDataError(
                f"file {path}: its columns differ from those of {data.files[0].name}: "
                f"{', '.join(differing)}. Import files of different columns one by one"
            )
    assert first is not None
    lower: dict[str, str] = {}
    for name in first.names:
        if (other := lower.setdefault(name.casefold(), name)) != name or first.names.count(
            name
        ) > 1:
            raise InputDataError(
                f"file {data.source}: several of its columns have one name ({other}, {name}). "
                "Leave one of them out of the file"
            )
    return first


def _plain_path(path: Path, folder: Path) -> Path:
    """A path that Spark takes as it is: it has meanings for brackets, colons, `_` and `.`."""
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "data"
    link.symlink_to(path.absolute(), target_is_directory=path.is_dir())
    return link
