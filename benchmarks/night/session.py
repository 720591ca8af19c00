"""Starts Spark the same way for both sides: a JVM with its second compiler, so many cores.

conf/spark-defaults.conf keeps the JVM at its first compiler, which suits a short night. ALS's
arithmetic runs in the JVM and needs the second one; a comparison without it would be unfair.
"""

import os

from pyspark.sql import SparkSession

JVM_OPTIONS = (
    "-XX:ReservedCodeCacheSize=256m",
    "-XX:+UseParallelGC",
)


def set_submit_arguments(n_cores: int, driver_memory: str) -> None:
    """Say how the JVM starts; only counts before the process's first session."""
    options = " ".join(JVM_OPTIONS)
    os.environ["PYSPARK_SUBMIT_ARGS"] = (
        f"--master local[{n_cores}] --driver-memory {driver_memory} "
        f'--conf "spark.driver.extraJavaOptions={options}" pyspark-shell'
    )


def jvm_options(spark: SparkSession) -> list[str]:
    """How the JVM was started, as far as speed depends on it."""
    jvm = spark.sparkContext._jvm
    assert jvm is not None
    given = jvm.java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments()
    return [o for o in given if o.startswith(("-XX", "-Xm", "--add-modules", "-Xint"))]
