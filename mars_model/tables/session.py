"""Builds the Spark session: the only place that does."""

import logging
import os
import sys

from pyspark import SparkContext
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from mars_model import prerequisites
from mars_model.errors import MarsBatchError
from mars_model.tables.jars import has_delta_jars


def open_session() -> SparkSession:
    """The session of this process; a first call starts it.

    What Spark needs to know before it starts (jars, extensions, memory) stands in
    spark-defaults.conf, so that spark-submit and mars-batch start the same session. Arrow batches
    are bounded in bytes; a stage that needs smaller ones says so.
    Raises MarsBatchError with what to install where Java or Delta's jars are missing.
    """
    if problem := prerequisites.java_problem():
        raise MarsBatchError(problem)
    # A failed query ends in our sentence, not in PySpark's own log of its whole trace.
    logging.getLogger("SQLQueryContextLogger").disabled = True
    # Workers must run this environment's Python, also where it was never activated.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        spark = (
            SparkSession.builder.appName("mars-batch")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.execution.arrow.maxRecordsPerBatch", "20000")
            .config("spark.sql.execution.arrow.maxBytesPerBatch", str(64 << 20))
            # What is cached holds long arrays: users with their histories or lists.
            .config("spark.sql.inMemoryColumnarStorage.batchSize", "500")
            # A date or run that is replaced is a literal in the rows that replace it: to look at
            # each of them again takes as long as to write them.
            .config("spark.databricks.delta.replaceWhere.constraintCheck.enabled", "false")
            # One session of ONNX Runtime a worker, one thread each: Spark owns the cores.
            .config("spark.executorEnv.OMP_NUM_THREADS", "1")
            .getOrCreate()
        )
    except (PySparkException, RuntimeError) as error:
        raise MarsBatchError(f"Spark did not start: {error}. Check with: mars-batch doctor") from (
            error
        )
    extensions = spark.conf.get("spark.sql.extensions", "") or ""
    if "DeltaSparkSessionExtension" not in extensions:
        spark.stop()
        missing = "Delta's settings" if has_delta_jars() else "Delta's jars and settings"
        raise MarsBatchError(
            f"Spark started without {missing}: run `mars-batch setup`, or put the lines of "
            "conf/spark-defaults.conf where spark-submit reads them (SPARK_CONF_DIR)"
        )
    return spark


def is_on_one_machine(context: SparkContext) -> bool:
    """Whether Spark runs on this machine alone, and so its workers and processes do."""
    return str(context.master).split("[")[0] == "local"
