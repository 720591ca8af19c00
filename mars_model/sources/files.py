"""Reads Parquet, CSV and JSON lines as they come; what cannot be parsed is kept as a bad row."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType, StructField, StructType

from mars_model.errors import InputDataError

CORRUPT = "_corrupt_record"
WHY = "_corrupt_reason"  # of a line in CORRUPT, where its reader says it
_FORMATS = {"parquet": "parquet", "csv": "csv", "jsonl": "json", "ndjson": "json", "json": "json"}


def read_file(spark: SparkSession, path: str) -> DataFrame:
    """Rows of a file or folder; CSV columns are strings, an unparsable line is in `CORRUPT`.

    Raises InputDataError where the file is missing, of no known format, or not readable.
    """
    if "://" not in path and not Path(path).exists():
        raise InputDataError(f"file {path}: not found. Name a Parquet, CSV or JSON lines file")
    kind = _format_of(path)
    with readable(path):
        # What a name on a command line holds is no pattern of files.
        literal = path if "://" in path else re.sub(r"([\\{}\[\]*?])", r"\\\1", path)
        if kind == "parquet":
            return spark.read.parquet(literal)
        if kind == "json":
            return spark.read.option("columnNameOfCorruptRecord", CORRUPT).json(literal)
        reader = spark.read.options(
            header=True, multiLine=True, escape='"', columnNameOfCorruptRecord=CORRUPT
        )
        names = reader.csv(literal).schema.names
        columns = [StructField(name, StringType()) for name in [*names, CORRUPT]]
        return reader.schema(StructType(columns)).csv(literal)


@contextmanager
def readable(path: str) -> Iterator[None]:
    """Turn what Spark raises while it reads the file, at once or later, into InputDataError."""
    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        raise InputDataError(
            f"file {path}: cannot be read: {_reason(error)}. Check that it is whole, and that "
            "its ending says what it is"
        ) from error


def _reason(error: PySparkException | Py4JJavaError) -> str:
    """The first line of what Spark says, of its cause where it only says that a job failed."""
    text = str(error)
    if isinstance(error, Py4JJavaError):
        cause = error.java_exception
        while cause.getCause() is not None:
            cause = cause.getCause()
        text = str(cause.getMessage() or cause.toString())
    return text.strip().splitlines()[0].rstrip(".")


def _format_of(path: str) -> str:
    endings = [e.lower() for e in Path(path.rstrip("/")).name.split(".")[1:]]
    if endings and endings[-1] in ("gz", "bz2", "zst"):
        endings.pop()
    if not endings and Path(path).is_dir():
        return "parquet"
    if not endings or endings[-1] not in _FORMATS:
        raise InputDataError(
            f"file {path}: its ending says no known format, expected one of "
            + ", ".join("." + ending for ending in _FORMATS)
        )
    return _FORMATS[endings[-1]]
