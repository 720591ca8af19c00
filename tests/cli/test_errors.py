"""Every mistake ends in one sentence that says what to do, with its exit code."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyspark.sql import SparkSession

from mars_model.cli.main import main
from tests.conftest import Night


def run(*args: str) -> Result:
    """A command as typed, in this process."""
    return CliRunner().invoke(main, list(args))


def assert_one_sentence(result: Result, exit_code: int, *parts: str) -> None:
    """The exit code, one error line with these parts, and no stack trace."""
    assert result.exit_code == exit_code, result.output
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, result.stderr
    assert "Traceback" not in result.output
    for part in parts:
        assert part in errors[0]


def test_unknown_and_wrong_settings_are_named_together() -> None:
    result = run("--set", "scoring.top_m=5", "--set", "scoring.top_n=0", "runs")
    assert_one_sentence(result, 2, "'scoring.top_m' is not a setting", "'scoring.top_n' is 0")


def test_missing_settings_file_is_named(tmp_path: Path) -> None:
    result = run("--conf", str(tmp_path / "none.yaml"), "runs")
    assert_one_sentence(result, 2, "none.yaml", "conf/mars-batch.yaml")


def test_import_without_files_is_wrong_usage() -> None:
    assert run("import").exit_code == 2


def test_unreadable_file_is_bad_input(spark: SparkSession, tmp_path: Path) -> None:
    broken = tmp_path / "items.parquet"
    broken.write_bytes(b"PAR1 this is no Parquet file PAR1")
    result = run("--warehouse", str(tmp_path / "w"), "import", "--items", str(broken))
    assert_one_sentence(result, 3, "items.parquet", "cannot be read")


def test_wrong_column_says_what_is_there_and_how_to_name_it(
    spark: SparkSession, tmp_path: Path
) -> None:
    source = tmp_path / "items.csv"
    source.write_text("sku,name\n1,Salt\n", encoding="utf-8")
    result = run("--warehouse", str(tmp_path / "w"), "import", "--items", str(source))
    assert_one_sentence(
        result, 3, "'item_id'", "sku, name", "--set sources.item_columns.item_id=sku"
    )


@pytest.mark.parametrize("command", ["build-documents", "build-histories", "train"])
def test_missing_source_table_says_import(
    spark: SparkSession, tmp_path: Path, command: str
) -> None:
    result = run("--warehouse", str(tmp_path / "w"), command)
    assert_one_sentence(result, 3, "not found", "mars-batch import")


@pytest.mark.parametrize("command", ["nightly", "score", "encode-items"])
def test_missing_bundle_says_train(spark: SparkSession, tmp_path: Path, command: str) -> None:
    result = run("--warehouse", str(tmp_path / "w"), command)
    assert_one_sentence(result, 3, "no bundle is in use", "mars-batch train")


def test_unknown_model_lists_the_known_ones(night: Night) -> None:
    result = run("--warehouse", night.warehouse.path, "models", "--promote", "mars-none")
    assert_one_sentence(result, 3, "mars-none", night.run.model_version)


def test_scoring_with_another_rule_for_likes_than_trained_with_is_refused(night: Night) -> None:
    result = run("--warehouse", night.warehouse.path, "--set", "likes.min_rating=3", "score")
    assert_one_sentence(result, 2, "'likes.min_rating' is 3", "was trained with 4")


def test_query_with_an_unknown_table_lists_the_tables(night: Night) -> None:
    result = run("--warehouse", night.warehouse.path, "sql", "select * from nowhere")
    assert_one_sentence(result, 2, "nowhere", "latest_recommendations")


def test_explain_of_an_unknown_user_says_so(night: Night) -> None:
    result = run("--warehouse", night.warehouse.path, "explain", "4711")
    assert_one_sentence(result, 3, "user 4711")


def test_verbose_shows_the_trace(tmp_path: Path) -> None:
    result = run("--verbose", "--conf", str(tmp_path / "none.yaml"), "runs")
    assert result.exit_code == 2
    assert "Traceback" in result.stderr
