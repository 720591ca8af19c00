"""A class archive: when a start may use it, what Spark is told, and how it is made."""

import json
import os
import random
import re
import shlex
import shutil
import signal
import sys
from pathlib import Path

import pytest

from mars_model.errors import MarsBatchError
from mars_model.resources import resource_folder
from mars_model.tables import class_archive, jars, spark_settings
from mars_model.tables.class_archive import find_archive, make_archive, told_to_java, why_not_used
from mars_model.tables.jars import SPARK_FILES
from tests.conftest import RUN_DATE, Night
from tests.environment.running import PACKAGE, run
from tests.night.test_any_order import published, scattered

NAMES = re.compile("SPARK_|PYSPARK_|MARS_|JAVA_|JDK_JAVA_|_JAVA_|MASTER$")


def variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if NAMES.match(name)}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Spark that is set up, with an archive of seven bytes; no variable says anything."""
    for name in variables():
        monkeypatch.delenv(name)
    folder = tmp_path / "py spark"
    for module in (class_archive, jars, spark_settings):
        monkeypatch.setattr(module, "spark_home", lambda: folder)
    (folder / "conf").mkdir(parents=True)
    for name in SPARK_FILES:
        shutil.copy(resource_folder("conf") / name, folder / "conf")
    (folder / "class-archive" / "conf").mkdir(parents=True)
    (folder / "class-archive" / "classes-7.jsa").write_bytes(b"classes")
    return folder


def java_options() -> list[str]:
    """What Java would be started with."""
    return shlex.split(spark_settings.spark_settings()[spark_settings.JAVA_OPTIONS])


def test_a_start_is_told_of_the_archive_and_nothing_afterwards(home: Path) -> None:
    with told_to_java():
        options, said = java_options(), variables()
    assert said["MARS_EMPTY_CONF_DIR"] == str(home / "class-archive" / "conf")
    assert "-XX:+UseParallelGC" in options  # of spark-defaults.conf
    assert f"-XX:SharedArchiveFile={home}/class-archive/classes-7.jsa" in options
    log = f"-Dlog4j2.configurationFile={(home / 'conf' / 'log4j2.properties').as_uri()}"
    assert log in options and "%20" in log
    assert variables() == {}


def test_memory_and_java_options_of_users_count_as_before(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = "spark.driver.extraJavaOptions=-Da=1 -Dlog4j2.configurationFile=x"
    typed = f"--driver-memory 2g --conf '{own}'"
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", typed)
    with told_to_java():
        options, settings = java_options(), spark_settings.spark_settings()
    assert options[:2] == ["-Da=1", "-Dlog4j2.configurationFile=x"]
    assert len([word for word in options if "configurationFile" in word]) == 1
    assert "-XX:+UseParallelGC" not in options
    assert settings["spark.driver.memory"] == "2g"
    assert settings["spark.ui.enabled"] == "false"  # of spark-defaults.conf
    assert variables() == {"PYSPARK_SUBMIT_ARGS": typed}


def test_a_draft_is_written_by_a_java_that_is_started_in_the_same_way(home: Path) -> None:
    with told_to_java():
        used = java_options()
    with told_to_java(home / "draft.jsa"):
        written = java_options()
    said = {word.split("=")[0] for word in {*used} ^ {*written}}
    assert said == {"-XX:SharedArchiveFile", "-XX:ArchiveClassesAtExit", "-Xlog:cds*"}


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("PYSPARK_GATEWAY_PORT", "1", "spark-submit started Java"),
        ("PYSPARK_SUBMIT_ARGS", "--master yarn", "a cluster"),
        ("PYSPARK_SUBMIT_ARGS", "--properties-file own.conf", "--properties-file"),
        ("PYSPARK_SUBMIT_ARGS", "--properties-file=own.conf", "--properties-file"),
        ("PYSPARK_SUBMIT_ARGS", "--driver-class-path a.jar", "spark.driver.extraClassPath"),
        ("PYSPARK_SUBMIT_ARGS", "--conf spark.jars=a.jar", "spark.jars"),
        ("PYSPARK_SUBMIT_ARGS", "--packages a:b:1", "spark.jars.packages"),
        ("PYSPARK_SUBMIT_ARGS", "--driver-java-options -Xshare:off", "spark.driver.extraJava"),
        ("JAVA_TOOL_OPTIONS", "-XX:SharedArchiveFile=own.jsa", "JAVA_TOOL_OPTIONS"),
        ("SPARK_SUBMIT_OPTS", "-XX:ArchiveClassesAtExit=own.jsa", "SPARK_SUBMIT_OPTS"),
        ("_JAVA_OPTIONS", "-XX:+AutoCreateSharedArchive", "_JAVA_OPTIONS"),
        ("SPARK_CONF_DIR", "/", "SPARK_CONF_DIR is /"),
    ],
)
def test_an_archive_is_left_alone_where_users_say_how_java_starts(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    assert why_not_used() is None
    monkeypatch.setenv(name, value)
    assert reason in (why_not_used() or "")
    with told_to_java():
        assert variables() == {name: value}


def test_an_archive_is_left_alone_where_spark_reads_files_of_users(home: Path) -> None:
    conf = home / "conf"
    (conf / "metrics.properties.template").touch()
    assert why_not_used() is None
    (conf / "hive-site.xml").touch()
    assert "hive-site.xml" in (why_not_used() or "")
    (conf / "hive-site.xml").unlink()
    (conf / "spark-env.sh").write_text("export OWN=1\n")  # does not take the empty folder
    assert "spark-env.sh" in (why_not_used() or "")
    (conf / "spark-env.sh").unlink()
    assert "lacks spark-env.sh" in (why_not_used() or "")


def test_the_own_folder_of_spark_may_be_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_CONF_DIR", str(home / "conf"))
    assert why_not_used() is None


def test_an_archive_that_was_cut_off_is_none(home: Path) -> None:
    archive = home / "class-archive" / "classes-7.jsa"
    assert find_archive() == archive
    archive.write_bytes(b"class")
    assert find_archive() is None
    with told_to_java():
        assert variables() == {}


def recorder(code: str) -> tuple[str, ...]:
    """In place of a night: it is given the draft and a scratch folder."""
    return (sys.executable, "-c", f"import os, sys, time; draft, scratch = sys.argv[1:]; {code}")


def test_an_archive_that_is_made_takes_the_place_of_the_one_before(home: Path) -> None:
    code = "open(draft, 'w').write('new'); open(scratch + '/rows', 'w').write('rows')"
    made = make_archive(recorder(code))
    assert (made, made.read_text()) == (find_archive(), "new")
    assert {path.name for path in made.parent.iterdir()} == {"conf", "classes-3.jsa"}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("open(draft, 'w').write('half'); sys.exit('the disk is full')", "the disk is full"),
        ("print('Java knows no archives')", "Java knows no archives"),
        ("pass", "Java says nothing of it"),
    ],
)
def test_where_none_is_made_the_one_before_stays(home: Path, code: str, reason: str) -> None:
    with pytest.raises(MarsBatchError, match=reason):
        make_archive(recorder(code))
    assert find_archive() == home / "class-archive" / "classes-7.jsa"
    assert len(list((home / "class-archive").iterdir())) == 2


def test_an_interrupted_making_ends_what_it_started_and_leaves_nothing(home: Path) -> None:
    code = "open(draft + 'pid', 'w').write(str(os.getpid())); open(draft, 'w'); time.sleep(60)"
    pids: list[int] = []

    def stop(*_: object) -> None:
        pids.extend(int(p.read_text()) for p in home.glob("class-archive/.draft-*/*pid"))
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 2)
    try:
        with pytest.raises(KeyboardInterrupt):
            make_archive(recorder(code))
    finally:
        signal.signal(signal.SIGALRM, before)
    assert find_archive() == home / "class-archive" / "classes-7.jsa"
    assert len(list((home / "class-archive").iterdir())) == 2
    (pid,) = pids
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_none_is_made_where_none_would_be_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_CONF_DIR", "/")
    with pytest.raises(MarsBatchError, match="SPARK_CONF_DIR is /"):
        make_archive(recorder("open(draft, 'w').write('new')"))


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed pyspark by links, but for its settings and an archive, which are its own."""
    folder = tmp_path_factory.mktemp("modules") / "pyspark"
    folder.mkdir()
    for path in jars.spark_home().iterdir():
        if path.name not in ("conf", "class-archive", "work"):
            (folder / path.name).symlink_to(path)
    made = run("setup", "--class-archive", environment=modules(folder), cwd=folder.parent)
    made.assert_done("class archive:", str(folder / "class-archive"))
    assert {path.suffix for path in (folder / "class-archive").iterdir()} == {"", ".jsa"}
    return folder


def modules(linked: Path) -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join((str(linked.parent), str(PACKAGE)))}


@pytest.mark.long
def test_a_night_with_an_archive_publishes_the_same_rows(
    night: Night, linked: Path, tmp_path: Path
) -> None:
    folder = scattered(night, tmp_path / "wh", random.Random(5), 2)
    tree = night.settings.model_dump(mode="json")
    tree["warehouse"]["path"] = str(folder)
    (tmp_path / "own.yaml").write_text(json.dumps(tree))
    classes = tmp_path / "classes.txt"
    told = {**modules(linked), "SPARK_SUBMIT_OPTS": f"-Xlog:class+load:file={classes}"}
    typed = ("--conf", "own.yaml", "nightly", "--run-date", RUN_DATE.isoformat())
    ended = run(*typed, environment=told, cwd=tmp_path)
    ended.assert_done("published")
    assert "WARNING" not in ended.stdout + ended.stderr
    assert published(folder) == published(Path(night.warehouse.path))
    loaded = [line for line in classes.read_text().splitlines() if " org.apache.spark." in line]
    from_archive = [line for line in loaded if "source: shared objects file (top)" in line]
    from_jars = [line for line in loaded if "source: file:" in line]
    assert len(from_archive) > 5000 > 10 * len(from_jars)


@pytest.mark.long
@pytest.mark.parametrize("place", ["its head", "its body"])
def test_java_starts_silently_without_an_archive_whose_bytes_have_changed(
    linked: Path, tmp_path: Path, place: str
) -> None:
    (archive,) = (linked / "class-archive").glob("*.jsa")
    archive.chmod(0o644)
    at = {"its head": 0, "its body": 100_000_000}[place]
    with archive.open("r+b") as file:
        file.seek(at)
        before = file.read(4096)
        file.seek(at)
        file.write(bytes(byte ^ 255 for byte in before))
    try:
        query = ("--warehouse", "wh", "--json", "sql", "select 1 as one")
        ended = run(*query, environment=modules(linked), cwd=tmp_path)
    finally:
        with archive.open("r+b") as file:
            file.seek(at)
            file.write(before)
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, '[{"one": 1}]\n', "")
