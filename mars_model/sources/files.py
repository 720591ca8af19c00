"""Reads Parquet, CSV and JSON lines as they come; what cannot be parsed is kept as a bad row."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.types import StringType, StructField, StructType

from mars_model.causes import is_exhaustion
from mars_model.errors import InputDataError
from mars_model.sources.data_files import find_data_files, local_files
from mars_model.sources.name_rows import Read
from mars_model.sources.parquet_files import read_parquet
from mars_model.sources.text_tables import CORRUPT, WHY, write_text_table

# What Java's own words name objects by: their packages, and where they lie in memory.
_JAVA_NAMES = re.compile(r"\b(?:[a-z]\w*\.){2,}(?=[A-Z])|@[0-9a-f]{5,8}\b")


def read_file(
    spark: SparkSession,
    source: str,
    folder: Path,
    encoding: str = "utf-8",
    say: Callable[[str], None] = lambda line: None,
) -> Read:
    """Rows of a file or folder; of CSV and JSON lines all values are text.

    CSV and JSON lines are written to `folder`, a temporary one of its own, as Parquet, from a copy
    there where they lie elsewhere; it must live as long as the rows are read. Raises
    InputDataError where the file is missing, of no known format, or not readable.
    """
    data = find_data_files(source)
    if data.format == "parquet":
        with readable(source):
            return Read.of(source, read_parquet(spark, data, folder), data.n_bytes)
    if not data.files:
        with readable(source):
            data = local_files(source, _fetched(spark, source, folder))
    table = write_text_table(data, folder / "rows", encoding, say)
    places = [f"c{place}" for place in range(len(table.names))]
    schema = StructType([StructField(name, StringType()) for name in [*places, CORRUPT, WHY]])
    rows = spark.read.schema(schema).parquet(str(folder / "rows"))
    return Read(source, rows, tuple(table.names), tuple(table.notes), data.n_bytes)


@contextmanager
def readable(path: str) -> Iterator[None]:
    """Turn what Spark raises while it reads the file, at once or later, into InputDataError."""
    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        if is_exhaustion(error):
            raise
        raise InputDataError(
            f"file {path}: cannot be read: {_reason(error)}. Check that it is whole, and that "
            "its ending says what it is"
        ) from error


def _fetched(spark: SparkSession, source: str, folder: Path) -> Path:
    """A copy, on this machine, of a file or folder that Spark's file systems reach."""
    folder.mkdir(parents=True)
    target = folder / source.rstrip("/").rsplit("/", 1)[-1]
    jvm: Any = spark._jvm
    there = jvm.org.apache.hadoop.fs.Path(source)
    files = there.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
    files.copyToLocalFile(False, there, jvm.org.apache.hadoop.fs.Path(str(target)), True)
    return target


def _reason(error: PySparkException | Py4JJavaError) -> str:
    """The first line of what Spark says, of its cause where it only says that a job failed."""
    text = str(error)
    if isinstance(error, Py4JJavaError):
        cause = error.java_exception
        while cause.getCause() is not None:
            cause = cause.getCause()
        text = str(cause.getMessage() or cause.toString())
    first = (text.strip().splitlines() or ["no reason given"])[0]
    return _JAVA_NAMES.sub("", first).rstrip(".")
