"""The Parquet files behind frames of Delta tables."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from pyarrow import parquet
from pyspark.sql import DataFrame, SparkSession

# Table features with which a data file is not what the table holds.
CHANGE_FILES = frozenset({"deletionVectors", "columnMapping", "typeWidening"})


def lost_files(spark: SparkSession, frames: Sequence[DataFrame]) -> list[str]:
    """Files that these frames would read and that are gone, as after a vacuum."""
    names = [name for frame in frames for name in frame.inputFiles()]
    return [name for name in names if not _exists(spark, name)]


def _exists(spark: SparkSession, name: str) -> bool:
    url = urlsplit(name)
    if url.scheme == "file":  # asking the JVM takes a hundred times as long
        return Path(unquote(url.path)).exists()
    jvm: Any = spark._jvm
    path = jvm.org.apache.hadoop.fs.Path(name)
    conf = spark._jsparkSession.sessionState().newHadoopConf()
    return bool(path.getFileSystem(conf).exists(path))


def read_local(names: Sequence[str], columns: tuple[str, ...]) -> pa.Table | None:
    """All rows of these files, without the JVM; None where one is not on this machine."""
    urls = [urlsplit(name) for name in names]
    if not urls or any(url.scheme != "file" for url in urls):
        return None
    tables = [parquet.read_table(unquote(url.path), columns=list(columns)) for url in urls]
    return pa.concat_tables(tables).select(columns)
