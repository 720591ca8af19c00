"""Why Spark could not start here, or its workers not work: sentences, found without starting it."""

import os
import shlex
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pyspark

from mars_model import prerequisites
from mars_model.tables import spark_settings as told
from mars_model.tables.jars import DELTA_PACKAGE, has_delta_jars, spark_home

_SPARK_NEEDED = DELTA_PACKAGE.split("_")[1]
_PYTHON_TIMEOUT_S = 60
_OF_WORKERS = ("mars_model", "pyspark", "numpy", "pandas", "pyarrow", "onnxruntime", "numba")
# Runs on any Python: says its version, and which of the modules it lacks.
_ASK_PYTHON = """
import sys
print("%d.%d" % sys.version_info[:2])
try:
    from importlib.util import find_spec
    print(" ".join(name for name in sys.argv[1:] if find_spec(name) is None))
except ImportError:
    print(" ".join(sys.argv[1:]))
"""


def environment_problems() -> list[str]:
    """All that is wrong. A Spark that spark-submit started has its Java and settings already.

    Raises SettingsError where PYSPARK_SUBMIT_ARGS cannot be read.
    """
    found = [prerequisites.python_problem(), _pyspark_problem()]
    if not told.has_gateway():
        settings = told.spark_settings()
        found += [prerequisites.java_problem(_java_options(settings)), _delta_problem(settings)]
        if told.is_local(settings):
            found += [workers_python_problem(), _address_problem()]
    found += [_scratch_problem()]
    return [problem for problem in found if problem]


def workers_python_problem() -> str | None:
    """Where the workers' Python cannot do their work: each would end, and Spark try it again."""
    python = os.environ.get("PYSPARK_PYTHON") or sys.executable
    if python == sys.executable:
        return None
    said = f"PYSPARK_PYTHON = {python}"
    advice = f"unset it, or set it to {sys.executable}"
    try:
        answer = subprocess.run(
            [python, "-c", _ASK_PYTHON, *_OF_WORKERS],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_PYTHON_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return f"{said}: did not answer within {_PYTHON_TIMEOUT_S} seconds: {advice}"
    except OSError as error:
        return f"{said}: cannot be run ({error.strerror}): {advice}"
    lines = answer.stdout.splitlines()
    if answer.returncode or len(lines) != 2:
        why = (answer.stderr.strip().splitlines() or ["it says nothing"])[-1]
        return f"{said}: is no Python that works ({why[:200]}): {advice}"
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    if lines[0] != ours:
        return f"{said}: is Python {lines[0]}, and this is Python {ours}: {advice}"
    if lines[1]:
        return f"{said}: lacks {', '.join(lines[1].split())}: {advice}"
    return None


def unwritable(folder: Path) -> str | None:
    """Why no file can be made in a folder, or in the nearest that is there; None where one can."""
    try:
        held = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        with tempfile.TemporaryFile(dir=held):
            return None
    except OSError as error:
        return str(error.strerror)


def _pyspark_problem() -> str | None:
    if pyspark.__version__.startswith(f"{_SPARK_NEEDED}."):
        return None
    return (
        f"pyspark {pyspark.__version__} is loaded from {spark_home()}, {_SPARK_NEEDED} is needed: "
        "take that folder out of PYTHONPATH, or start it with mars-batch and not with another "
        "Spark's spark-submit"
    )


def _delta_problem(settings: dict[str, str]) -> str | None:
    has_other_jars = any("delta" in settings.get(key, "") for key in told.JAR_SETTINGS)
    if not has_delta_jars() and not has_other_jars:
        return f"Delta's jars are missing in {spark_home() / 'jars'}: run `mars-batch setup`"
    if "DeltaSparkSessionExtension" in settings.get("spark.sql.extensions", ""):
        return None
    folder = told.configuration_folder()
    if "SPARK_CONF_DIR" in os.environ:
        return (
            f"SPARK_CONF_DIR = {folder}: its {told.DEFAULTS_FILE} does not hold Delta's settings: "
            "unset it, or put the lines of conf/spark-defaults.conf there"
        )
    return f"{folder / told.DEFAULTS_FILE} does not hold Delta's settings: run `mars-batch setup`"


def _java_options(settings: dict[str, str]) -> dict[str, list[str]]:
    """What Spark's scripts will start Java with, by the name of what asks for it."""
    memory = next(
        (name for name in ("SPARK_DRIVER_MEMORY", "SPARK_MEM") if os.environ.get(name)), ""
    )
    size = os.environ.get(memory, "1g")
    if settings.get(told.MEMORY):
        memory, size = told.MEMORY, settings[told.MEMORY]
    # Spark's letters are Java's, but for a `b` behind them.
    options = {memory or told.MEMORY: [f"-Xmx{size.lower().removesuffix('b')}"]}
    for name in (told.JAVA_OPTIONS, "SPARK_SUBMIT_OPTS"):
        text = settings.get(name) or os.environ.get(name, "")
        if text:
            options[name] = shlex.split(text)
    return options


def _address_problem() -> str | None:
    """Spark listens where these two say."""
    address = os.environ.get("SPARK_LOCAL_IP")
    name = os.environ.get("SPARK_LOCAL_HOSTNAME")
    try:
        if address:
            variable, value = "SPARK_LOCAL_IP", address
            family, _, _, _, place = socket.getaddrinfo(address, 0, type=socket.SOCK_STREAM)[0]
            with socket.socket(family) as listening:
                listening.bind(place)
        if name:
            variable, value = "SPARK_LOCAL_HOSTNAME", name
            socket.getaddrinfo(name, 0)
    except OSError as error:
        return (
            f"{variable} = {value}: is no address of this machine ({error.strerror}): unset it, or "
            "set it to one that is"
        )
    return None


def _scratch_problem() -> str | None:
    """Spark keeps what does not fit into memory in these folders; one of them is enough."""
    named = os.environ.get("SPARK_LOCAL_DIRS", "")
    reasons = {folder: unwritable(Path(folder)) for folder in named.split(",") if folder}
    if not reasons or None in reasons.values():
        return None
    why = "; ".join(f"{folder}: {reason}" for folder, reason in reasons.items())
    return f"SPARK_LOCAL_DIRS names no folder that can be written ({why}): change or unset it"
