"""A class archive: what Java has read and checked of Spark's classes once, kept for later starts.

Java takes it only where class path and jars are those that it was made with, and no folder on the
class path holds files; else it starts without, silently.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from mars_model.causes import cause_in
from mars_model.errors import MarsBatchError
from mars_model.tables import spark_settings as told
from mars_model.tables.jars import SPARK_FILES, spark_home

_FOLDER = "class-archive"
_EMPTY_CONF = "MARS_EMPTY_CONF_DIR"  # conf/spark-env.sh gives it to Spark for its SPARK_CONF_DIR
# Put behind the class path, where an archive bears them; one is not made with them.
_BEHIND = ("HADOOP_CONF_DIR", "YARN_CONF_DIR", "SPARK_DIST_CLASSPATH")
_OF_ARCHIVES = re.compile(r"-Xshare|-XX:\+?\w*(Archive|SharedClassList|SharedSpaces|AOT)")
_LOG_FILE = re.compile(r"-Dlog4j2?\.configurationFile=")


def find_archive() -> Path | None:
    """The archive, if there is a whole one: Java dies of one that was cut off."""
    for file in _folder().glob("classes-*.jsa"):
        with suppress(OSError):  # it is made anew just now
            if file.stem == _stem(file.stat().st_size):
                return file
    return None


def why_not_used() -> str | None:
    """Half a sentence: what keeps a Spark that we start here from an archive, were there one.

    Raises SettingsError where PYSPARK_SUBMIT_ARGS cannot be read.
    """
    if told.has_gateway():
        return "spark-submit started Java"
    settings, conf = told.spark_settings(), spark_home() / "conf"
    if not told.is_local(settings):
        return "Spark runs on a cluster"
    if told.configuration_folder().resolve() != conf.resolve():
        return f"SPARK_CONF_DIR is {told.configuration_folder()}"
    others = {path.name for path in conf.glob("*") if path.suffix != ".template"} - {*SPARK_FILES}
    if others:
        return f"{conf} holds {', '.join(sorted(others))}"
    if missing := [name for name in SPARK_FILES if not (conf / name).is_file()]:
        return f"{conf} lacks {', '.join(missing)}"
    if _EMPTY_CONF not in (conf / "spark-env.sh").read_text(encoding="utf-8", errors="replace"):
        return f"{conf / 'spark-env.sh'} is not the one of this release"
    if told.has_option("--properties-file"):
        return f"{told.SUBMIT_ARGS} has --properties-file"
    if given := [name for name in told.JAR_SETTINGS if settings.get(name)]:
        return f"{given[0]} is set"
    if where := [name for name, words in _java_options(settings) if _OF_ARCHIVES.search(words)]:
        return f"{where[0]} says of archives what Java shall do"
    return None


@contextmanager
def told_to_java(draft: Path | None = None) -> Iterator[None]:
    """In this block a JVM is started with the archive, where there is one that it may use.

    `draft`: it is started in the same way, without an archive, and writes one there when it ends.
    """
    archive = None if draft else find_archive()
    if not (draft or archive) or why_not_used():
        yield
        return
    said = _said_to_spark(archive, draft)
    before = {name: os.environ.get(name) for name in said}
    os.environ.update(said)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def make_archive(recorder: Sequence[str]) -> Path:
    """Make the archive, or make it anew; nothing is changed where that fails.

    `recorder`: a command that is given a draft's path and a scratch folder, starts Spark with that
    draft, does what a night does, and ends when Java has ended.
    Raises MarsBatchError with the reason where no archive could be made.
    """
    if reason := why_not_used():
        raise MarsBatchError(
            f"a class archive cannot be used here: {reason}. Change that, or do without the archive"
        )
    try:
        _empty_conf().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".draft-", dir=_folder()) as folder:
            draft, scratch = Path(folder, "classes.jsa"), Path(folder, "scratch")
            code, said = _run([*recorder, str(draft), str(scratch)], scratch)
            if code or not draft.is_file():
                raise MarsBatchError(
                    f"no class archive was made in {_folder()} ({_reason(said)}); nothing is "
                    "changed there, and all commands work without one"
                )
            target = _folder() / f"{_stem(draft.stat().st_size)}.jsa"
            draft.replace(target)
        remove_archive(but=target)
    except OSError as error:
        raise MarsBatchError(
            f"folder {_folder()}: a class archive cannot be written there ({error.strerror}). Run "
            "mars-batch setup --class-archive as the user who installed Spark"
        ) from error
    return target


def remove_archive(but: Path | None = None) -> bool:
    """Remove every archive but that one; whether there was any."""
    others = [file for file in _folder().glob("classes-*.jsa") if file != but]
    for file in others:
        file.unlink(missing_ok=True)
    return bool(others)


def _folder() -> Path:
    return spark_home() / _FOLDER


def _empty_conf() -> Path:
    return _folder() / "conf"


def _stem(n_bytes: int) -> str:
    return f"classes-{n_bytes}"


def _java_options(settings: dict[str, str]) -> list[tuple[str, str]]:
    """What Java is told by users, with the name of what tells it."""
    ours = [(key, settings.get(key, "")) for key in (told.EARLIER_JAVA_OPTIONS, told.JAVA_OPTIONS)]
    return ours + [(name, os.environ.get(name, "")) for name in told.JAVA_VARIABLES]


def _said_to_spark(archive: Path | None, draft: Path | None) -> dict[str, str]:
    """Variables with which Spark's scripts start a JVM with the archive, or one that writes it."""
    settings, conf = told.spark_settings(), spark_home() / "conf"
    # Java dies of an archive whose bytes have changed, unless it is to look at them: no CPU second.
    words = ["-XX:+VerifySharedSpaces"]
    if draft is not None:
        words += [f"-XX:ArchiveClassesAtExit={draft}", "-Xlog:cds*=error"]
    else:
        # That it does without an archive which no longer fits is nothing for stdout.
        words += [f"-XX:SharedArchiveFile={archive}", "-Xlog:cds*=off"]
    if not any(_LOG_FILE.search(text) for _, text in _java_options(settings)):
        words.append(f"-Dlog4j2.configurationFile={(conf / 'log4j2.properties').as_uri()}")
    options = f"{settings.get(told.JAVA_OPTIONS, '')} {shlex.join(words)}".strip()
    defaults = ("--properties-file", str(conf / told.DEFAULTS_FILE))
    return {
        _EMPTY_CONF: str(_empty_conf()),
        told.SUBMIT_ARGS: told.submit_args_with(
            *defaults, "--conf", f"{told.JAVA_OPTIONS}={options}"
        ),
    }


def _run(command: list[str], scratch: Path) -> tuple[int, str]:
    """Exit code and words of a command; it and what it started end with this block."""
    scratch.mkdir()
    modules = os.pathsep.join(os.path.abspath(folder) for folder in sys.path)
    environment = {name: value for name, value in os.environ.items() if name not in _BEHIND}
    with subprocess.Popen(
        command,
        cwd=scratch,
        env={**environment, "PYTHONPATH": modules, "SPARK_LOCAL_DIRS": str(scratch)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as started:
        try:
            said = started.communicate()[0]
        except BaseException:
            os.killpg(started.pid, signal.SIGKILL)  # a JVM that is asked to end writes the archive
            raise
    return started.returncode, said


def _reason(said: str) -> str:
    """The line that says most of what a recorder and its Java said."""
    if cause := cause_in(said):
        return cause
    lines = [line.strip() for line in said.splitlines() if any(c.isalpha() for c in line)]
    telling = [line for line in lines if re.search(r"\[error\]|Unable to write", line)]
    return (telling[:1] or lines[-1:] or ["Java says nothing of it"])[0][:300]
