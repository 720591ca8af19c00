"""Fetches Delta's jars once, with Spark's own resolver, into the environment's Spark.

After it neither spark-submit nor mars-batch needs the network or a --packages option.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pyspark

from mars_model.resources import resource_folder

DELTA_PACKAGE = "io.delta:delta-spark_4.2_2.13:4.4.0"
# Delta's own jars and its catalog client; all else that it asks for is part of Spark.
GROUPS_TO_KEEP = ("io.delta_", "io.unitycatalog_")


def spark_home() -> Path:
    """The folder of the installed pyspark, where spark-submit looks for conf/ and jars/."""
    return Path(pyspark.__file__).parent


def has_delta_jars() -> bool:
    """Whether the jars are in place."""
    _, name, version = DELTA_PACKAGE.split(":")
    return any((spark_home() / "jars").glob(f"*{name}-{version}.jar"))


def fetch_delta_jars() -> None:
    """Resolve the package into a temporary folder and keep Delta's jars in Spark's jars/."""
    with tempfile.TemporaryDirectory() as ivy:
        command = [
            str(spark_home() / "bin" / "spark-submit"),
            *("--packages", DELTA_PACKAGE),
            *("--conf", f"spark.jars.ivy={ivy}"),
            *("--class", "org.apache.spark.util.VersionUtils$"),
            "spark-internal",
        ]
        # The class has no main: Spark resolves the package, then stops. The jars are the proof.
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        jars = [j for j in Path(ivy, "jars").glob("*.jar") if j.name.startswith(GROUPS_TO_KEEP)]
        if not jars:
            sys.stderr.write(answer.stderr[-2000:])
            raise SystemExit(
                f"Delta's jars ({DELTA_PACKAGE}) could not be fetched: Maven Central must be "
                "reachable once; then run `make setup` again"
            )
        for jar in jars:
            shutil.copy(jar, spark_home() / "jars" / jar.name)


def write_spark_defaults() -> None:
    """Put Spark's settings from conf/ where spark-submit of this environment reads them."""
    target = spark_home() / "conf"
    target.mkdir(exist_ok=True)
    for name in ("spark-defaults.conf", "spark-env.sh", "log4j2.properties"):
        shutil.copy(resource_folder("conf") / name, target / name)


if __name__ == "__main__":
    if not has_delta_jars():
        fetch_delta_jars()
    write_spark_defaults()
