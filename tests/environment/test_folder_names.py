"""A warehouse may have any name, whatever Spark, Hadoop or deltalake would read into it."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from pyspark.sql import SparkSession

from mars_model.cli.main import main
from mars_model.errors import SettingsError
from mars_model.settings import load_settings
from mars_model.tables.warehouse import Warehouse
from tests.conftest import Night, run_small_night, small_settings

# Each with something that a URL, a glob, SQL or a shell reads its own way.
NAMES = (
    *("a:b", "a[1]", "a%20b", "a#b", "a b", "_a", ".a", "a?b", "a*b", "a{x,y}", "a'b", "a`b"),
    *("a\\b", "a+b&c=d", "ä", "-a"),
)


@pytest.mark.parametrize("name", NAMES)
def test_the_tables_of_a_folder_are_read_whatever_its_name(
    night: Night, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / name
    shutil.copytree(night.warehouse.path, folder)
    by_spark = Warehouse(night.warehouse.spark, str(folder))
    assert by_spark.read("items").count() == 12
    assert by_spark.check("items") == night.warehouse.version("items")
    answer = CliRunner().invoke(main, ["--warehouse", str(folder), "models"])
    assert night.run.model_version in answer.stdout


@pytest.mark.long
def test_a_whole_night_runs_in_a_folder_of_the_strangest_name(
    spark: SparkSession, tmp_path: Path
) -> None:
    folder = tmp_path / "_a:b [1] {x,y}* %20 #ä ?'`"
    night = run_small_night(Warehouse(spark, str(folder)), tmp_path, small_settings())
    assert night.run.model_version in [path.name for path in (folder / "models").iterdir()]
    assert night.warehouse.read("recommendations").count() > 0
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [folder.name]


@pytest.mark.parametrize("prefix", ["file://", "file:", "FILE:///"])
def test_a_warehouse_that_is_named_as_a_url_of_this_machine_is_the_folder(
    night: Night, prefix: str
) -> None:
    path = prefix + night.warehouse.path
    assert load_settings(warehouse=path).warehouse.path == night.warehouse.path
    assert Warehouse(None, path).path == night.warehouse.path
    answer = CliRunner().invoke(main, ["--warehouse", path, "models"])
    assert night.run.model_version in answer.stdout
    assert not any(path.name.lower().startswith("file:") for path in Path().iterdir())


def test_the_settings_beside_the_tables_are_found_by_a_url_too(tmp_path: Path) -> None:
    (tmp_path / "mars-batch.yaml").write_text("scoring: {top_n: 7}\n", encoding="utf-8")
    assert load_settings(warehouse=tmp_path.as_uri()).scoring.top_n == 7


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("file://shop", "three slashes"),
        ("file:shop", "three slashes"),
        ("", "names no folder"),
        (" ", "names no folder"),
    ],
)
def test_a_warehouse_that_is_nowhere_is_refused(path: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load_settings(warehouse=path)


def test_bundles_of_tables_elsewhere_need_a_folder_here() -> None:
    answer = CliRunner().invoke(main, ["--warehouse", "s3a://shop/tables", "models"])
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "error: bundles cannot lie in s3a://shop/tables/models" in answer.stderr
    assert "warehouse.models" in answer.stderr
