"""Brings Delta's jars and Spark's settings into the installed Spark, once.

After it neither spark-submit nor mars-batch needs the network or a --packages option.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pyspark

from mars_model.errors import MarsBatchError
from mars_model.resources import resource_folder

DELTA_PACKAGE = "io.delta:delta-spark_4.2_2.13:4.4.0"
# Delta's own jars and its catalog client; all else that it asks for is part of Spark.
GROUPS_TO_KEEP = ("io.delta_", "io.unitycatalog_")
SPARK_FILES = ("spark-defaults.conf", "spark-env.sh", "log4j2.properties")


def spark_home() -> Path:
    """The folder of the installed pyspark, where spark-submit looks for conf/ and jars/."""
    return Path(pyspark.__file__).parent


def has_delta_jars() -> bool:
    """Whether the jars are in place."""
    return any((spark_home() / "jars").glob(_main_jar("*")))


def require_writable() -> None:
    """Raise MarsBatchError where Spark's folder cannot be written, before anything is fetched."""
    for folder in (spark_home() / "jars", spark_home() / "conf"):
        try:
            folder.mkdir(exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise _cannot_write(folder, error) from error


def fetch_delta_jars() -> list[Path]:
    """Resolve the package into a temporary folder and keep Delta's jars in Spark's jars/.

    Raises MarsBatchError where Maven's repository does not answer or the folder takes no files.
    """
    with tempfile.TemporaryDirectory(prefix="mars-jars-") as ivy:
        command = [
            str(spark_home() / "bin" / "spark-submit"),
            *("--packages", DELTA_PACKAGE),
            *("--conf", f"spark.jars.ivy={ivy}"),
            *("--class", "org.apache.spark.util.VersionUtils$"),
            "spark-internal",
        ]
        # Another Spark of this machine would fetch as well, but by its own settings.
        environment = {**os.environ, "SPARK_HOME": str(spark_home())}
        # The class has no main: Spark resolves the package, then stops. The jars are the proof.
        answer = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, env=environment
        )
        found = [j for j in Path(ivy, "jars").glob("*.jar") if j.name.startswith(GROUPS_TO_KEEP)]
        if not any(jar.match(_main_jar("*")) for jar in found):
            raise MarsBatchError(
                f"Delta's jars ({DELTA_PACKAGE}) could not be fetched: {_reason(answer.stderr)}. "
                "Maven Central, or the repository that Spark is set up with, must answer once; "
                "then run: mars-batch setup"
            )
        # The main one last: where it is, the others are.
        return [_keep(j) for j in sorted(found, key=lambda jar: jar.match(_main_jar("*")))]


def write_spark_settings() -> list[Path]:
    """Put Spark's settings from conf/ where spark-submit of this environment reads them."""
    written = []
    for name in SPARK_FILES:
        target = spark_home() / "conf" / name
        try:
            shutil.copyfile(resource_folder("conf") / name, target)
        except OSError as error:
            raise _cannot_write(target.parent, error) from error
        written.append(target)
    return written


def _main_jar(group: str) -> str:
    _, name, version = DELTA_PACKAGE.split(":")
    return f"{group}{name}-{version}.jar"


def _keep(jar: Path) -> Path:
    """Copy under another name first: a copy that was cut off is not taken for a jar."""
    target = spark_home() / "jars" / jar.name
    part = target.with_suffix(".part")
    try:
        shutil.copyfile(jar, part)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _cannot_write(target.parent, error) from error
    return target


def _cannot_write(folder: Path, error: OSError) -> MarsBatchError:
    return MarsBatchError(
        f"folder {folder}: cannot be written ({error.strerror}), and Spark reads Delta's jars and "
        "its settings there. Run mars-batch setup as the user who installed it, or install into an "
        "environment of your own: python -m venv"
    )


def _reason(said: str) -> str:
    """The resolver's own words for what went wrong, of all that it printed."""
    lines = [line.strip(" :\t") for line in said.splitlines()]
    lines = [line for line in lines if line and not line.startswith("at ")]
    for words in ("Server access error", "module not found", "No space left", "Error"):
        for line in lines:
            if words in line:
                return re.sub(r"(\w+\.)+\w+Exception: ", "", line)[:300]
    return lines[-1][:300] if lines else "no reason given"
