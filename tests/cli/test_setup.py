"""mars-batch setup: what it brings, and what it says where it cannot."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mars_model.cli.main import main
from mars_model.tables import class_archive, jars

ROOT = Path(__file__).parents[2]


def setup(*flags: str, words: tuple[str, ...] = ()) -> Result:
    return CliRunner().invoke(main, [*flags, "setup", *words])


@pytest.fixture
def spark_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Spark that has no jars and no settings yet, and the scripts of the real one."""
    folder = tmp_path / "pyspark"
    folder.mkdir()
    for name in ("bin", "python"):
        real = jars.spark_home() / name
        if real.exists():
            (folder / name).symlink_to(real)
    for module in (jars, class_archive):
        monkeypatch.setattr(module, "spark_home", lambda: folder)
    return folder


def put_jars(folder: Path) -> None:
    (folder / "jars").mkdir()
    (folder / "jars" / "io.delta_delta-spark_4.2_2.13-4.4.0.jar").touch()


def test_with_the_jars_in_place_it_writes_the_settings_and_says_so(spark_folder: Path) -> None:
    put_jars(spark_folder)
    shown = setup()
    assert shown.exit_code == 0, shown.output
    assert "Delta's jars: were there already" in shown.stdout
    told = json.loads(setup("--json").stdout)
    names = ["spark-defaults.conf", "spark-env.sh", "log4j2.properties"]
    assert told == {
        "spark": str(spark_folder),
        "jars_fetched": [],
        "settings_written": names,
        "class_archive": None,
    }
    extensions = (spark_folder / "conf" / names[0]).read_text(encoding="utf-8")
    assert "io.delta.sql.DeltaSparkSessionExtension" in extensions


def put_archive(folder: Path) -> Path:
    archive = folder / "class-archive" / "classes-7.jsa"
    archive.parent.mkdir()
    archive.write_bytes(b"classes")
    return archive


def test_a_class_archive_is_made_where_it_is_asked_for(
    spark_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_jars(spark_folder)
    made = class_archive, "make_archive", lambda recorder: put_archive(spark_folder)
    monkeypatch.setattr(*made)
    shown = setup(words=("--class-archive",))
    assert shown.exit_code == 0, shown.output
    assert (
        f"class archive: 0 MB, in {spark_folder / 'class-archive'}; every command" in shown.stdout
    )


def test_a_class_archive_stays_until_jars_are_fetched_anew(
    spark_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_jars(spark_folder)
    archive = put_archive(spark_folder)
    assert json.loads(setup("--json").stdout)["class_archive"] == str(archive)
    monkeypatch.setattr(jars, "has_delta_jars", lambda: False)
    monkeypatch.setattr(jars, "fetch_delta_jars", lambda: list((spark_folder / "jars").iterdir()))
    shown = setup()
    assert "class archive: removed, since it was of other jars" in shown.stdout
    assert not archive.exists()


@pytest.mark.parametrize("folder", ["jars", "conf"])
def test_a_folder_that_cannot_be_written_is_one_sentence(spark_folder: Path, folder: str) -> None:
    (spark_folder / folder).write_text("a file in its place", encoding="utf-8")
    result = setup()
    assert result.exit_code == 1
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert f"folder {spark_folder / folder}: cannot be written" in line
    assert "python -m venv" in line


def test_without_java_it_says_what_to_install(
    spark_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(spark_folder))
    result = setup()
    assert (result.exit_code, "No working Java found" in result.stderr) == (1, True)
    assert not (spark_folder / "conf").exists()


def test_where_no_repository_answers_it_says_so_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nowhere = "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=9"
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", f"{nowhere} -Duser.home={tmp_path}")
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))  # another Spark, of no use
    before = set((jars.spark_home() / "jars").iterdir())
    monkeypatch.setattr(jars, "has_delta_jars", lambda: False)
    result = setup()
    assert result.exit_code == 1
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert "delta-spark_4.2_2.13-4.4.0.pom (Connection refused)" in line
    assert "then run: mars-batch setup" in line
    assert "Exception" not in line
    assert set((jars.spark_home() / "jars").iterdir()) == before


@pytest.mark.parametrize(
    ("words", "missing", "extra"),
    [
        (("demo",), "torch", "train"),
        (("evaluate", "--model", "popularity", "--report", "r.html"), "jinja2", "evaluate"),
        (("reproduce",), "jinja2", "evaluate"),
        (("report", "none.json"), "matplotlib", "evaluate"),
        (("--set", "tracking.uri=sqlite:///x.db", "demo"), "mlflow", "mlflow"),
    ],
)
def test_a_missing_extra_is_said_before_anything_is_read_or_written(
    tmp_path: Path, words: tuple[str, ...], missing: str, extra: str
) -> None:
    without = f"import sys; sys.modules[{missing!r}] = None"
    code = f"{without}; from mars_model.cli.main import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JAVA_HOME": str(tmp_path / "none")}
    ended = subprocess.run(
        [sys.executable, "-c", code, "--warehouse", "wh", *words],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode in (1, 2)
    assert ended.stderr.startswith("error: ")
    assert f"pip install 'mars-batch[{extra}]'" in ended.stderr
    assert list(tmp_path.iterdir()) == []
