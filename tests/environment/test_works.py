"""What Spark, Java or the system would stumble over, and mars-batch does not."""

import sys
from pathlib import Path

import pytest
from deltalake import DeltaTable

from mars_model.tables.jars import spark_home
from tests.conftest import write_small_source
from tests.environment.running import PACKAGE, Ended, run, shell
from tests.environment.test_refused import VARIABLES

CLUSTER = """<configuration><property>
<name>fs.defaultFS</name><value>hdfs://namenode.invalid:8020</value>
</property></configuration>"""
# By themselves none of these is wrong for mars-batch. {folder} holds a cluster's core-site.xml.
HARMLESS = {
    "the home of no Spark": {"SPARK_HOME": "/no/spark"},
    "settings of Spark that are nowhere": {"SPARK_CONF_DIR": "/no/conf"},
    "a Spark Connect server": {"SPARK_REMOTE": "sc://nowhere.invalid"},
    "a driver's Python for notebooks": {
        "PYSPARK_DRIVER_PYTHON": "jupyter",
        "PYSPARK_DRIVER_PYTHON_OPTS": "notebook",
    },
    "an empty name of the workers' Python": {"PYSPARK_PYTHON": ""},
    "options without their last word": {"PYSPARK_SUBMIT_ARGS": "--master local[1]"},
    "a cluster's file system": {"HADOOP_CONF_DIR": "{folder}"},
    "settings of Hadoop that are nowhere": {"HADOOP_CONF_DIR": "/no/hadoop"},
    "another collector for all of Java": {"JAVA_TOOL_OPTIONS": "-XX:+UseG1GC"},
    "another collector, said last": {"_JAVA_OPTIONS": "-XX:+UseSerialGC"},
    "Turkish letters": {"JAVA_TOOL_OPTIONS": "-Duser.language=tr -Duser.country=TR"},
    "a language that is not installed": {"LC_ALL": "xx_YY.UTF-8"},
    "a time zone that is none": {"TZ": "Mars/Phobos"},
    "a proxy that is nowhere": {
        "http_proxy": "http://proxy.invalid:3128",
        "https_proxy": "http://proxy.invalid:3128",
    },
    "hashes that differ": {"PYTHONHASHSEED": "random"},
    "threads that are no number": {"OMP_NUM_THREADS": "many"},
    "a temporary folder that is not there": {"TMPDIR": "/no/tmp"},
    "a terminal of one column": {"COLUMNS": "1"},
}
TOGETHER = {
    key: value
    for name, said in HARMLESS.items()
    if name not in ("settings of Hadoop that are nowhere", "another collector, said last")
    for key, value in said.items()
}


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    folder = tmp_path / "hadoop"
    folder.mkdir()
    (folder / "core-site.xml").write_text(CLUSTER, encoding="utf-8")
    return folder


def _in(folder: Path, said: dict[str, str]) -> dict[str, str | None]:
    return {key: value.replace("{folder}", str(folder)) for key, value in said.items()}


def import_two(tmp_path: Path, shop: Path, **how: object) -> Ended:
    """Import two items into a new warehouse, and look into it."""
    items = tmp_path / "items.csv"
    items.write_text("item_id,title\n1,Brot für alle\n2,ISPARTA ıi\n", encoding="utf-8")
    command = ("--warehouse", str(shop), "import", "--items", str(items))
    ended = run(*command, cwd=tmp_path, **how)  # type: ignore[arg-type]
    if ended.exit_code == 0:
        titles = DeltaTable(shop / "items").to_pyarrow_table(columns=["title"])["title"].to_pylist()
        assert sorted(titles) == ["Brot für alle", "ISPARTA ıi"]
    return ended


def test_a_command_works_in_all_harmless_environments_at_once(
    tmp_path: Path, cluster: Path
) -> None:
    import_two(tmp_path, tmp_path / "shop", environment=_in(cluster, TOGETHER)).assert_done()


@pytest.mark.long
@pytest.mark.parametrize("case", HARMLESS)
def test_spark_starts_in_a_harmless_environment(case: str, tmp_path: Path, cluster: Path) -> None:
    answer = run("doctor", environment=_in(cluster, HARMLESS[case]), cwd=tmp_path)
    answer.assert_done("Spark 4", "starts")


def test_the_page_of_environments_names_every_variable_of_the_tests() -> None:
    page = (PACKAGE / "docs" / "environment.md").read_text(encoding="utf-8")
    refused = [said for said, _ in VARIABLES.values()]
    names = {name for said in (*HARMLESS.values(), *refused) for name in said} - {"PATH"}
    missing = {name for name in names if name not in page}
    assert missing <= {"PYSPARK_DRIVER_PYTHON_OPTS", "https_proxy"}


@pytest.mark.long
def test_a_machine_whose_name_does_not_resolve_works(tmp_path: Path) -> None:
    inside = shell("hostname nowhere.invalid", "--user", "--map-root-user", "--uts")
    run("doctor", cwd=tmp_path, inside=inside).assert_done("Spark 4", "starts")


UNKNOWN = {"HOME": "/dev/null", "USER": None, "LOGNAME": None}


def _as_a_number() -> tuple[str, ...]:
    return shell("! id -un 2>/dev/null", "--user", "--map-user=12345", "--map-group=12345")


@pytest.mark.long
def test_spark_starts_for_a_user_whom_the_system_does_not_know(tmp_path: Path) -> None:
    answer = run("doctor", environment=UNKNOWN, cwd=tmp_path, inside=_as_a_number())
    answer.assert_done("Spark 4", "starts")


@pytest.mark.long
def test_a_user_whom_the_system_does_not_know_fills_a_warehouse(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    import_two(tmp_path, shop, environment=UNKNOWN, inside=_as_a_number()).assert_done()


@pytest.mark.parametrize(
    "language", [{"LC_ALL": "C"}, {"LANG": ""}, {"LC_ALL": "POSIX"}], ids=lambda said: str(said)
)
@pytest.mark.long
def test_letters_beyond_ascii_are_kept_in_a_path_without_a_language(
    tmp_path: Path, language: dict[str, str]
) -> None:
    import_two(tmp_path, tmp_path / "Läden für Bücher 書", environment={**language}).assert_done()


def _read_only_installation() -> tuple[str, ...]:
    return shell(f"mount --bind -o ro {PACKAGE} {PACKAGE}", "-r", "--mount")


def test_compiled_loops_are_kept_in_a_temporary_folder_of_the_users_own(tmp_path: Path) -> None:
    places = {"HOME": "/dev/null", "TMPDIR": str(tmp_path)}
    inside = _read_only_installation()
    run("--help", environment=places, cwd=tmp_path, inside=inside).assert_done("Usage")
    kept = tmp_path / "mars-batch-numba-0"
    assert kept.stat().st_mode & 0o777 == 0o700
    assert list(kept.iterdir())


def test_compiled_loops_are_kept_nowhere_rather_than_where_others_write(tmp_path: Path) -> None:
    others = tmp_path / "mars-batch-numba-0"
    others.mkdir()
    others.chmod(0o777)
    places = {"HOME": "/dev/null", "TMPDIR": str(tmp_path)}
    inside = _read_only_installation()
    run("--help", environment=places, cwd=tmp_path, inside=inside).assert_done("Usage")
    assert not list(others.iterdir())


def test_stdout_that_is_closed_is_no_trace(tmp_path: Path) -> None:
    run("--help", cwd=tmp_path, inside=shell("exec >&-")).assert_done()


def test_a_terminal_of_one_column_shows_all_commands(tmp_path: Path) -> None:
    answer = run("--help", environment={"COLUMNS": "1"}, cwd=tmp_path)
    answer.assert_done("nightly", "doctor", "--warehouse DIR")


@pytest.mark.long
def test_a_job_of_spark_submit_asks_the_workers_python_too(tmp_path: Path) -> None:
    where = ("--warehouse", str(tmp_path / "shop"))
    files = write_small_source(tmp_path)
    run(*where, "import", "--items", files[0], "--interactions", files[1]).assert_done()
    submit = (str(spark_home() / "bin" / "spark-submit"), str(PACKAGE / "jobs/build_documents.py"))
    python = {"PYSPARK_DRIVER_PYTHON": sys.executable, "PYSPARK_PYTHON": "/bin/true"}
    answer = run(*where, environment=python, cwd=tmp_path, program=submit)
    # What the job says on stderr comes from spark-submit's stdout.
    said = Ended(answer.exit_code, "", answer.stdout + answer.stderr)
    said.assert_refused("PYSPARK_PYTHON = /bin/true", "no Python that works")
    python["PYSPARK_PYTHON"] = sys.executable
    run(*where, environment=python, cwd=tmp_path, program=submit).assert_done("documents")
