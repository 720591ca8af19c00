"""The Parquet files behind frames of Delta tables."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from pyarrow import parquet
from pyspark.sql import DataFrame, SparkSession

# Table features with which a data file is not what the table holds.
CHANGE_FILES = frozenset({"deletionVectors", "columnMapping", "typeWidening"})


def lost_files(spark: SparkSession, frames: Sequence[DataFrame]) -> list[str]:
    """Files that these frames would read and that are gone, as after a vacuum."""
    jvm: Any = spark._jvm
    conf = spark._jsparkSession.sessionState().newHadoopConf()
    paths = [jvm.org.apache.hadoop.fs.Path(name) for f in frames for name in f.inputFiles()]
    return [str(p) for p in paths if not p.getFileSystem(conf).exists(p)]


def read_local(names: Sequence[str], columns: tuple[str, ...]) -> pa.Table | None:
    """All rows of these files, without the JVM; None where one is not on this machine."""
    urls = [urlsplit(name) for name in names]
    if not urls or any(url.scheme != "file" for url in urls):
        return None
    tables = [parquet.read_table(unquote(url.path), columns=list(columns)) for url in urls]
    return pa.concat_tables(tables).select(columns)
