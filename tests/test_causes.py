"""What Spark, Java and Python say when the machine refuses: each caused for real, then read."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from pyspark.sql import SparkSession

from mars_model.bundle.sealed_file import SealedFile
from mars_model.causes import cause_of, first_cause, is_exhaustion
from mars_model.cli.main import main


def caught(action: Callable[[], object]) -> Exception:
    """What an action raises."""
    with pytest.raises(Exception) as raised:
        action()
    return raised.value


def _end_worker(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    os.kill(os.getpid(), signal.SIGKILL)
    yield from batches


def test_a_worker_that_the_system_ended_is_named(spark: SparkSession) -> None:
    frame = spark.range(1).mapInPandas(_end_worker, "id long")
    cause = cause_of(caught(frame.collect))
    assert cause is not None
    assert cause.startswith("a Python worker of Spark's was ended from outside")
    assert "scoring.max_memory_mb" in cause


def _open_changed_file(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    SealedFile(Path("/dev/null"), "0" * 64).read()
    yield from batches


def test_an_error_of_ours_in_a_worker_is_the_sentence_it_was_there(spark: SparkSession) -> None:
    frame = spark.range(1).mapInPandas(_open_changed_file, "id long")
    cause = cause_of(caught(frame.collect))
    assert cause is not None
    assert cause.startswith("/dev/null: is no plain file. Restore the file or train again")


def test_a_host_that_does_not_resolve_is_named(spark: SparkSession) -> None:
    error = caught(lambda: spark.read.parquet("hdfs://nowhere.invalid/items"))
    cause = cause_of(error)
    assert cause is not None
    assert "nowhere.invalid" in cause and "does not resolve" in cause


def test_a_folder_that_spark_cannot_make_is_named(spark: SparkSession) -> None:
    error = caught(lambda: spark.range(1).write.parquet("/dev/null/items"))
    cause = cause_of(error)
    assert cause is not None
    assert "no folder" in cause and "/dev/null" in cause


@pytest.mark.long
def test_java_without_memory_is_named(spark: SparkSession) -> None:
    # Twice two billion letters: more than any array of Java's holds.
    long = "repeat('a', 2000000000)"
    cause = cause_of(caught(lambda: spark.sql(f"select length({long} || {long})").collect()))
    assert cause is not None
    assert "memory is used up" in cause and "spark.driver.memory" in cause


END_JAVA = """
import os, signal
from mars_model.causes import cause_of
from mars_model.tables.session import open_session
spark = open_session()
os.kill(spark.sparkContext._gateway.proc.pid, signal.SIGKILL)
for _ in range(3):
    try:
        spark.range(1).collect()
    except Exception as error:
        print(cause_of(error) or repr(error))
os._exit(0)
"""


@pytest.mark.long
def test_java_that_the_system_ended_is_named_without_a_trace() -> None:
    answer = subprocess.run([sys.executable, "-c", END_JAVA], capture_output=True, text=True)
    causes = answer.stdout.splitlines()
    assert len(causes) == 3, answer
    assert all(cause.startswith("Spark's Java ended in the middle") for cause in causes), answer
    assert "Traceback" not in answer.stderr


def test_a_jar_for_a_newer_java_is_named(spark: SparkSession, tmp_path: Path) -> None:
    # The head of a class file of release 255; a reader looks no further.
    (tmp_path / "Newer.class").write_bytes(bytes.fromhex("cafebabe0000 00ff") + bytes(100))
    gateway = spark.sparkContext._gateway
    assert gateway is not None
    url = gateway.jvm.java.io.File(str(tmp_path)).toURI().toURL()
    places = gateway.new_array(gateway.jvm.java.net.URL, 1)
    places[0] = url
    loader = gateway.jvm.java.net.URLClassLoader(places)
    cause = cause_of(caught(lambda: loader.loadClass("Newer")))
    assert cause is not None
    assert "a newer Java" in cause and "JAVA_HOME" in cause


def test_python_without_memory_is_named() -> None:
    cause = cause_of(caught(lambda: bytearray(2**62)))
    assert cause is not None
    assert "memory is used up" in cause


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EROFS, "mounted read-only"),
        (errno.EACCES, "closed to this user"),
        (errno.EMFILE, "ulimit -n"),
        (errno.EADDRNOTAVAIL, "SPARK_LOCAL_IP"),
    ],
)
def test_what_the_system_refuses_is_named_with_its_file(number: int, words: str) -> None:
    cause = cause_of(OSError(number, os.strerror(number), "/shop/items"))
    assert cause is not None
    assert words in cause and "/shop/items" in cause


def test_what_lies_behind_another_error_is_found() -> None:
    try:
        try:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as full:
            raise ValueError("the file is not whole") from full
    except ValueError as error:
        assert "the disk is full" in str(cause_of(error))


def test_an_error_that_is_none_of_the_machines_is_left_alone() -> None:
    error = KeyError("title")
    assert cause_of(error) is None
    assert first_cause(error) == "KeyError: 'title'"


def test_of_java_the_last_cause_is_shown(spark: SparkSession) -> None:
    error = caught(lambda: spark.sparkContext._jvm.java.lang.Integer.parseInt("ten"))  # type: ignore[union-attr]
    assert cause_of(error) is None
    assert first_cause(error) == 'NumberFormatException: For input string: "ten"'


def test_a_warehouse_on_a_host_that_does_not_resolve_ends_in_a_sentence(
    spark: SparkSession, tmp_path: Path
) -> None:
    answer = CliRunner().invoke(main, ["--warehouse", "hdfs://nowhere.invalid/shop", "sql"])
    assert answer.exit_code == 1
    assert answer.stderr.startswith("error: a host's name does not resolve")
    assert "nowhere.invalid" in answer.stderr


def test_what_is_used_up_is_told_from_what_is_refused() -> None:
    assert is_exhaustion(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/shop/items"))
    assert is_exhaustion(MemoryError())
    assert not is_exhaustion(PermissionError(errno.EACCES, os.strerror(errno.EACCES), "items.csv"))


def test_an_environment_inside_a_folder_of_pythonpath_hides_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A checkout holds its environment in .venv, and may stand in PYTHONPATH.
    holds_all = Path(pd.__file__).parents[4]
    monkeypatch.setenv("PYTHONPATH", str(holds_all))
    said = cause_of(ImportError("failed to map segment from shared object"))
    assert said is not None and "memory is used up" in said
