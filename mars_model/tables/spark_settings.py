"""What Spark will be told when it starts, read without starting it."""

import os
import re
import shlex
from pathlib import Path

from mars_model.errors import SettingsError
from mars_model.tables.jars import spark_home

DEFAULTS_FILE = "spark-defaults.conf"
JAVA_OPTIONS = "spark.driver.extraJavaOptions"
EARLIER_JAVA_OPTIONS = "spark.driver.defaultJavaOptions"  # Spark puts them in front
MEMORY = "spark.driver.memory"
JAR_SETTINGS = ("spark.jars", "spark.jars.packages", "spark.driver.extraClassPath")
# Java reads these itself, whoever starts it; Spark's scripts the last.
JAVA_VARIABLES = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "SPARK_SUBMIT_OPTS")
SUBMIT_ARGS = "PYSPARK_SUBMIT_ARGS"
_RESOURCE = "pyspark-shell"
# Options of spark-submit that stand for a setting.
_OPTIONS = {
    "--master": "spark.master",
    "--driver-memory": MEMORY,
    "--driver-java-options": JAVA_OPTIONS,
    "--driver-class-path": "spark.driver.extraClassPath",
    "--jars": "spark.jars",
    "--packages": "spark.jars.packages",
}
_LINE = re.compile(r"\s*([^\s=:#!]+)[\s=:]+(.*?)\s*")


def has_gateway() -> bool:
    """Whether spark-submit started this process, and a JVM before it."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def configuration_folder() -> Path:
    """Where Spark's scripts look for their files."""
    return Path(os.environ.get("SPARK_CONF_DIR") or spark_home() / "conf")


def spark_settings() -> dict[str, str]:
    """Spark's settings from PYSPARK_SUBMIT_ARGS, above those of its file.

    Raises SettingsError where the variable cannot be read.
    """
    words = _submit_words()
    said: dict[str, str] = {}
    file = configuration_folder() / DEFAULTS_FILE
    position = 0
    while position < len(words):
        name, equals, value = words[position].partition("=")
        if not equals:
            value = words[position + 1] if position + 1 < len(words) else ""
        position += 1
        if name in ("--conf", "-c"):
            key, _, value = value.partition("=")
            said[key] = value
        elif name in _OPTIONS:
            said[_OPTIONS[name]] = value
        elif name == "--properties-file":
            file = Path(value)
    return {**_read_defaults(file), **said}


def is_local(settings: dict[str, str]) -> bool:
    """Whether Spark will run on this machine alone, as it does where nothing else is said."""
    master = settings.get("spark.master") or os.environ.get("MASTER") or "local[*]"
    return master.split("[")[0] == "local"


def add_to_submit_args(key: str, value: str) -> None:
    """Tell Spark one more setting, above all others."""
    os.environ[SUBMIT_ARGS] = submit_args_with("--conf", f"{key}={value}")


def submit_args_with(*words: str) -> str:
    """The variable's value with more options, above all others."""
    return shlex.join([*_submit_words(), *words, _RESOURCE])


def has_option(name: str) -> bool:
    """Whether the variable holds an option of spark-submit."""
    return any(word.partition("=")[0] == name for word in _submit_words())


def complete_submit_args() -> None:
    """End the variable as Spark wants it: many forget the last word."""
    if os.environ.get(SUBMIT_ARGS) is not None:
        os.environ[SUBMIT_ARGS] = submit_args_with()


def _submit_words() -> list[str]:
    """The words of the variable without the last, which names PySpark itself."""
    text = os.environ.get(SUBMIT_ARGS, "")
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise SettingsError(
            f"{SUBMIT_ARGS}={text}: not a list of options ({error}). Correct or unset it"
        ) from error
    if {"--help", "-h", "--version", "--usage-error"} & {*words}:
        raise SettingsError(f"{SUBMIT_ARGS}={text}: starts no Spark. Correct or unset it")
    return words[:-1] if words[-1:] == [_RESOURCE] else words


def _read_defaults(file: Path) -> dict[str, str]:
    """The settings of a file of Spark's; none where it cannot be read, as Spark has it."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    found = (_LINE.fullmatch(line) for line in lines if line.strip()[:1] not in ("#", "!", ""))
    return {match[1]: match[2] for match in found if match}
