"""What cannot work ends in one sentence that names it, from a command and from doctor alike.

None of these starts Spark. docs/environment.md shows the same table.
"""

import shutil
import sys
from pathlib import Path

import pyspark
import pytest

from tests.environment.running import PACKAGE, run, script_in, shell

pytestmark = pytest.mark.long  # each starts processes, most of them twice

# Variables as they are set, and what the sentence says of them.
VARIABLES = {
    "nonsense for all of Java": (
        {"JAVA_TOOL_OPTIONS": "-XX:+Nonsense"},
        ("JAVA_TOOL_OPTIONS", "Unrecognized VM option 'Nonsense'"),
    ),
    "nonsense for the java program": (
        {"JDK_JAVA_OPTIONS": "--no-such-option"},
        ("JDK_JAVA_OPTIONS", "--no-such-option"),
    ),
    "two collectors of the user's own": (
        {"_JAVA_OPTIONS": "-XX:+UseG1GC -XX:+UseSerialGC"},
        ("_JAVA_OPTIONS", "garbage collectors selected"),
    ),
    "a heap too small for Java": ({"_JAVA_OPTIONS": "-Xmx1k"}, ("_JAVA_OPTIONS", "Too small")),
    "memory that is no size": (
        {"PYSPARK_SUBMIT_ARGS": "--driver-memory lots pyspark-shell"},
        ("spark.driver.memory", "lots"),
    ),
    "memory that is no size, by Spark's variable": (
        {
            "PYSPARK_SUBMIT_ARGS": "--conf spark.driver.memory= pyspark-shell",
            "SPARK_DRIVER_MEMORY": "much",
        },
        ("SPARK_DRIVER_MEMORY", "much"),
    ),
    "nonsense among Spark's options for Java": (
        {"PYSPARK_SUBMIT_ARGS": "--driver-java-options -XX:+Nonsense pyspark-shell"},
        ("spark.driver.extraJavaOptions", "Unrecognized VM option 'Nonsense'"),
    ),
    "nonsense for Spark's scripts": (
        {"SPARK_SUBMIT_OPTS": "-XX:+Nonsense"},
        ("SPARK_SUBMIT_OPTS", "Unrecognized VM option 'Nonsense'"),
    ),
    "options that are not closed": (
        {"PYSPARK_SUBMIT_ARGS": '--name "a pyspark-shell'},
        ("PYSPARK_SUBMIT_ARGS", "No closing quotation"),
    ),
    "options that start no Spark": (
        {"PYSPARK_SUBMIT_ARGS": "--version"},
        ("PYSPARK_SUBMIT_ARGS", "starts no Spark"),
    ),
    "no Java at JAVA_HOME": ({"JAVA_HOME": "/no/java"}, ("No working Java", "/no/java/bin/java")),
    "no Java on the path": (
        {"JAVA_HOME": None, "PATH": "/no/folder"},
        ("No working Java", "no java on the PATH"),
    ),
    "a workers' Python that is not there": (
        {"PYSPARK_PYTHON": "/no/python"},
        ("PYSPARK_PYTHON = /no/python", "No such file", sys.executable),
    ),
    "a workers' Python that is none": (
        {"PYSPARK_PYTHON": "/bin/true"},
        ("PYSPARK_PYTHON = /bin/true", "no Python that works"),
    ),
    "an address of another machine": (
        {"SPARK_LOCAL_IP": "192.0.2.1"},  # no machine's: for documents
        ("SPARK_LOCAL_IP = 192.0.2.1", "no address of this machine"),
    ),
    "a name that does not resolve": (
        {"SPARK_LOCAL_HOSTNAME": "nowhere.invalid"},
        ("SPARK_LOCAL_HOSTNAME = nowhere.invalid",),
    ),
    "no folder for what does not fit into memory": (
        {"SPARK_LOCAL_DIRS": "/dev/null/a,/dev/null/b"},
        ("SPARK_LOCAL_DIRS", "/dev/null/a", "/dev/null/b"),
    ),
}


@pytest.mark.parametrize("case", VARIABLES)
def test_a_variable_that_cannot_work_is_named_before_spark_starts(
    case: str, tmp_path: Path
) -> None:
    environment, words = VARIABLES[case]
    _assert_both(tmp_path, words, environment)


def _assert_both(
    cwd: Path,
    words: tuple[str, ...],
    environment: dict[str, str | None],
    inside: tuple[str, ...] = (),
) -> None:
    """A command and doctor say the same, and nothing was written."""
    run("doctor", environment=environment, cwd=cwd, inside=inside).assert_diagnosed(*words)
    asked = run("sql", "select 1", environment=environment, cwd=cwd, inside=inside)
    asked.assert_refused(*words)
    assert not any(cwd.glob("warehouse*"))


def test_several_problems_are_named_together(tmp_path: Path) -> None:
    wrong = {"PYSPARK_PYTHON": "/no/python", "SPARK_LOCAL_DIRS": "/dev/null/a"}
    answer = run("sql", "select 1", environment=wrong, cwd=tmp_path)
    answer.assert_refused("PYSPARK_PYTHON", "SPARK_LOCAL_DIRS")


def test_an_old_java_is_named_with_its_version(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    script_in(tmp_path / "bin", "java", "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2")
    words = ("Java 11 found", str(tmp_path / "bin" / "java"), "17 or later")
    _assert_both(tmp_path, words, {"JAVA_HOME": str(tmp_path)})


def test_a_java_that_hangs_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    script_in(tmp_path / "bin", "java", "sleep 1000")
    words = ("No working Java", "did not answer within 20 seconds")
    _assert_both(tmp_path, words, {"JAVA_HOME": str(tmp_path)})


def test_a_workers_python_without_the_packages_is_asked_for_them(tmp_path: Path) -> None:
    # The same Python, which looks for no package that is installed.
    bare = script_in(tmp_path, "bare-python", f'exec {sys.executable} -I -S "$@"')
    words = ("PYSPARK_PYTHON", "lacks", "mars_model", "pyarrow")
    _assert_both(tmp_path, words, {"PYSPARK_PYTHON": str(bare)})


def test_a_workers_python_of_another_version_is_named(tmp_path: Path) -> None:
    old = script_in(tmp_path, "old-python", "echo 3.8; echo")
    words = ("is Python 3.8", f"this is Python {sys.version_info.major}.")
    _assert_both(tmp_path, words, {"PYSPARK_PYTHON": str(old)})


def test_too_little_memory_for_java_is_said_in_its_words(tmp_path: Path) -> None:
    inside = shell("ulimit -v 4000000")
    _assert_both(tmp_path, ("spark.driver.memory", "4g"), {}, inside)


@pytest.mark.parametrize("kilobytes", [300_000, 350_000, 400_000, 1_000_000])
def test_too_little_memory_for_python_is_said(tmp_path: Path, kilobytes: int) -> None:
    # Below it, which package fails first and how depends on the machine's cores.
    inside = shell(f"ulimit -v {kilobytes}")
    answer = run("sql", "select 1", cwd=tmp_path, inside=inside)
    answer.assert_refused(f"ulimit -v {kilobytes}", "needed", "ulimit -v unlimited")


def test_settings_of_a_spark_without_delta_are_named_by_their_folder(tmp_path: Path) -> None:
    cluster = tmp_path / "cluster"
    cluster.mkdir()
    (cluster / "spark-defaults.conf").write_text("spark.ui.enabled false\n", encoding="utf-8")
    words = (f"SPARK_CONF_DIR = {cluster}", "Delta's settings")
    _assert_both(tmp_path, words, {"SPARK_CONF_DIR": str(cluster)})


@pytest.mark.parametrize("hidden", ["click", "random"])
def test_a_module_that_hides_another_is_named(tmp_path: Path, hidden: str) -> None:
    (tmp_path / f"{hidden}.py").write_text("", encoding="utf-8")
    path = {"PYTHONPATH": f"{tmp_path}:{PACKAGE}"}
    answer = run("doctor", environment=path, cwd=tmp_path)
    answer.assert_refused("PYTHONPATH", str(tmp_path / f"{hidden}.py"))


def _another_pyspark(folder: Path) -> Path:
    """PySpark's folder once more, by links: what is changed there changes no other."""
    installed = Path(pyspark.__file__).parent
    another = folder / "another" / "pyspark"
    another.mkdir(parents=True)
    for path in installed.iterdir():
        (another / path.name).symlink_to(path)
    return another


def test_another_release_of_spark_on_the_path_is_named(tmp_path: Path) -> None:
    another = _another_pyspark(tmp_path)
    (another / "version.py").unlink()
    (another / "version.py").write_text('__version__ = "3.5.1"\n', encoding="utf-8")
    path = {"PYTHONPATH": f"{another.parent}:{PACKAGE}"}
    _assert_both(tmp_path, ("pyspark 3.5.1", str(another), "PYTHONPATH"), path)


def test_missing_jars_of_delta_are_named_by_their_folder(tmp_path: Path) -> None:
    another = _another_pyspark(tmp_path)
    (another / "jars").unlink()
    (another / "jars").mkdir()
    path = {"PYTHONPATH": f"{another.parent}:{PACKAGE}"}
    _assert_both(tmp_path, ("Delta's jars are missing", str(another / "jars")), path)


def test_a_command_that_writes_asks_first_whether_it_may(tmp_path: Path) -> None:
    items = tmp_path / "items.csv"
    items.write_text("item_id\n1\n", encoding="utf-8")
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    inside = shell("true", "--user", "--map-user=12345", "--map-group=12345")
    where = ("--warehouse", str(closed / "shop"))
    for command in (("import", "--items", str(items)), ("train",), ("nightly",), ("demo",)):
        answer = run(*where, *command, cwd=tmp_path, inside=inside)
        answer.assert_refused(str(closed / "shop"), "cannot be written", "Permission denied")
    run(*where, "doctor", cwd=tmp_path, inside=inside).assert_refused("doctor found 1 problem")
    shutil.rmtree(closed)


def test_a_warehouse_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text("item_id\n1\n", encoding="utf-8")
    answer = run("--warehouse", str(file), "import", "--items", str(file), cwd=tmp_path)
    answer.assert_refused(str(file), "cannot be written", "Not a directory")


def test_a_result_that_finds_no_room_is_no_trace(tmp_path: Path) -> None:
    answer = run("--help", cwd=tmp_path, inside=shell("exec >/dev/full"))
    answer.assert_refused("the disk is full")


def test_a_reader_that_has_gone_is_no_trace(tmp_path: Path) -> None:
    # Nobody reads any more when the first line comes.
    answer = run("doctor", cwd=tmp_path, inside=shell("exec > >(true); sleep 0.2"))
    assert (answer.exit_code, answer.stderr) == (1, "")


def test_doctor_goes_on_behind_what_it_may_not_read(tmp_path: Path) -> None:
    closed = [tmp_path / "shop" / name for name in ("items", "models")]
    for folder in closed:
        folder.mkdir(parents=True)
        folder.chmod(0o000)
    wrong = {"PYSPARK_PYTHON": "/no/python"}
    inside = shell("true", "--user", "--map-user=12345", "--map-group=12345")
    where = ("--warehouse", str(tmp_path / "shop"))
    answer = run(*where, "doctor", environment=wrong, cwd=tmp_path, inside=inside)
    answer.assert_refused("doctor found")
    assert "PROBLEM PYSPARK_PYTHON" in answer.stdout
    for folder in closed:
        folder.chmod(0o755)
        assert f"closed to this user (Permission denied: {folder}" in answer.stdout
