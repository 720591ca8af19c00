"""Sets what Spark takes from the environment, where it can be set; the rest ends in a sentence.

Nothing here starts Spark: `mars-batch doctor` says the same as a command that needs it.
"""

import locale
import os
import pwd
import re
import sys
import tempfile

from mars_model.errors import SettingsError
from mars_model.tables import spark_settings as told
from mars_model.tables.check_environment import environment_problems
from mars_model.tables.jars import spark_home

# Java has one collector: two that are chosen in different places stop it.
_COLLECTOR = re.compile(r"-XX:\+Use(Serial|Parallel|ParallelOld|G1|Z|Shenandoah|Epsilon)GC")
_ASCII = ("ANSI_X3.4-1968", "US-ASCII", "ASCII", "646")


def prepare_environment() -> list[str]:
    """Set for the Spark of this process what can be set, unless spark-submit has started it.

    Returns sentences: why Spark could not start, or its workers not work. To call it again
    changes nothing.
    """
    if not os.environ.get("PYSPARK_PYTHON"):
        # Workers must run this environment's Python, also where it was never activated.
        os.environ["PYSPARK_PYTHON"] = sys.executable
    try:
        if not told.has_gateway():
            _use_our_spark()
            settings = told.spark_settings()
            _settle_java(settings)
            if told.is_local(settings):
                _stay_on_this_machine()
        return environment_problems()
    except SettingsError as error:  # of Spark's, which nothing else can be read without
        return [str(error)]


def user_has_name() -> bool:
    """Whether the system knows who runs this; containers often run as a number."""
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        return False
    return True


def _use_our_spark() -> None:
    """The Spark of this Python's pyspark: another one's scripts and jars do not fit it."""
    os.environ["SPARK_HOME"] = str(spark_home())
    for variable in ("SPARK_REMOTE", "SPARK_API_MODE"):  # they ask for a server of Spark's
        os.environ.pop(variable, None)
    if not told.configuration_folder().is_dir():
        os.environ.pop("SPARK_CONF_DIR", None)  # it is the conf of our own, before setup
    told.complete_submit_args()
    if locale.nl_langinfo(locale.CODESET) in _ASCII:
        # Java names files by its locale: without one, by no letter beyond ASCII.
        os.environ["LC_ALL"] = "C.UTF-8"


def _settle_java(settings: dict[str, str]) -> None:
    """Leave the collector to those who chose one for all of Java; give the user a home."""
    options = settings.get(told.JAVA_OPTIONS, "")
    wanted = options
    everywhere = (os.environ.get(name, "") for name in told.JAVA_VARIABLES)
    if any(_COLLECTOR.search(text) for text in everywhere):
        wanted = " ".join(_COLLECTOR.sub("", options).split())
    if not user_has_name():
        os.environ.setdefault("SPARK_USER", str(os.getuid()))
        if "-Duser.home=" not in options:
            wanted = f"{wanted} -Duser.home={tempfile.gettempdir()}".strip()
    if wanted != options:
        told.add_to_submit_args(told.JAVA_OPTIONS, wanted)


def _stay_on_this_machine() -> None:
    """Spark's parts talk over the loopback: the machine's own name need not resolve."""
    if not {"SPARK_LOCAL_IP", "SPARK_LOCAL_HOSTNAME"} & {*os.environ}:
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
        os.environ["SPARK_LOCAL_HOSTNAME"] = "localhost"
