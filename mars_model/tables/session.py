"""Builds the Spark session: the only place that does."""

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from py4j.java_gateway import JavaGateway
from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from mars_model.causes import cause_in, cause_of, first_cause
from mars_model.errors import MarsBatchError
from mars_model.tables import class_archive
from mars_model.tables.check_environment import workers_python_problem
from mars_model.tables.environment import prepare_environment, user_has_name
from mars_model.tables.jars import has_delta_jars
from mars_model.tables.jvm import StartingJvm
from mars_model.tables.spark_settings import has_gateway, is_local, spark_settings

_SETTINGS: dict[str, bool | float | int | str | None] = {
    "spark.app.name": "mars-batch",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "20000",
    "spark.sql.execution.arrow.maxBytesPerBatch": str(64 << 20),
    # What is cached holds long arrays: users with their histories or lists.
    "spark.sql.inMemoryColumnarStorage.batchSize": "500",
    # A date or run that is replaced is a literal in the rows that replace it: to look at each of
    # them again takes as long as to write them.
    "spark.databricks.delta.replaceWhere.constraintCheck.enabled": "false",
    # A name or path that holds ${env:…} means itself, and no query reads the environment.
    "spark.sql.variable.substitute": "false",
    # What a run has pinned is read as long as its files are there: by the log's old entries, which
    # stay in new tables, and beyond the week that Delta allows otherwise.
    "spark.databricks.delta.properties.defaults.enableExpiredLogCleanup": "false",
    "spark.databricks.delta.vacuum.enforceTimeTravelWithinDeletedFileRetentionDuration": "false",
    # One session of ONNX Runtime a worker, one thread each: Spark owns the cores.
    "spark.executorEnv.OMP_NUM_THREADS": "1",
}
_COMPILED = {
    "spark.sql.codegen.wholeStage": "true",
    "spark.sql.codegen.factoryMode": "FALLBACK",  # Spark's own defaults
}


def open_session(archive_draft: Path | None = None) -> SparkSession:
    """The session of this process; a first call starts it.

    `archive_draft`: a file that Java writes all classes to that it has loaded by its end.

    What Spark needs to know before it starts (jars, extensions, memory) stands in
    spark-defaults.conf, so that spark-submit and mars-batch start the same session. Arrow batches
    are bounded in bytes; a stage that needs smaller ones says so.
    Raises MarsBatchError with what to install or to change where Spark cannot start.
    """
    _keep_traces_out_of_logs()
    if SparkContext._active_spark_context is None:
        if problems := prepare_environment():
            raise MarsBatchError("; ".join(problems))
        _start_context(archive_draft)
    spark = SparkSession.builder.config(map=_SETTINGS).getOrCreate()
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


@contextmanager
def compiled_plans(spark: SparkSession) -> Iterator[None]:
    """Plans are compiled in this block: worth it for millions of rows, and seconds lost for few."""
    held = {key: spark.conf.get(key) for key in _COMPILED}
    try:
        for key, value in _COMPILED.items():
            spark.conf.set(key, value)
        yield
    finally:
        for key, before in held.items():
            spark.conf.set(key, str(before))


def _keep_traces_out_of_logs() -> None:
    """A failure ends in our sentence, not in the whole traces that PySpark and py4j log of it."""
    logging.getLogger("SQLQueryContextLogger").disabled = True
    logging.getLogger().addFilter(_is_not_of_py4j)


def _is_not_of_py4j(record: logging.LogRecord) -> bool:
    return "py4j" not in Path(record.pathname).parts


def _start_context(archive_draft: Path | None) -> None:
    """Start Spark, or take the one that spark-submit has started."""
    jvm = StartingJvm()
    conf = SparkConf().setAll([(key, str(value)) for key, value in _SETTINGS.items()])
    gateway = None
    if not has_gateway() and is_local(spark_settings()):
        # Where a machine is set up for a cluster, a plain path would be one of the cluster's.
        conf.set("spark.hadoop.fs.defaultFS", "file:///")
    handler = signal.getsignal(signal.SIGINT)
    try:
        # A process has one JVM, also after its session was stopped.
        if not has_gateway() and SparkContext._gateway is None:
            with class_archive.told_to_java(archive_draft):
                gateway = jvm.start()
            _name_user(gateway)
        context = SparkContext(conf=conf, gateway=gateway)
    except (PySparkException, Py4JError, RuntimeError, OSError) as error:
        said = jvm.said()
        why = cause_in(said) or cause_of(error) or first_cause(RuntimeError(said or str(error)))
        raise MarsBatchError(f"Spark did not start: {why}. Check with: mars-batch doctor") from (
            RuntimeError(f"{error}\n{said}")
        )
    changed = handler != signal.getsignal(signal.SIGINT)
    if changed and handler not in (None, signal.default_int_handler):
        signal.signal(signal.SIGINT, handler)  # Spark's own waits for the job that it interrupts
    jvm.pass_on()
    if has_gateway() and is_on_one_machine(context) and (problem := workers_python_problem()):
        context.stop()
        raise MarsBatchError(problem)


def _name_user(gateway: JavaGateway) -> None:
    """Hadoop asks the system who runs it, and does not start where it is only a number."""
    if not user_has_name():
        users = gateway.jvm.org.apache.hadoop.security.UserGroupInformation
        users.setLoginUser(users.createRemoteUser(os.environ["SPARK_USER"]))
