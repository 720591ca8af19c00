"""What commands show, for people and as JSON."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyspark.sql import SparkSession

from mars_model.cli.main import COMMANDS, main
from tests.conftest import Night


def run(night: Night, *args: str) -> Result:
    """A command over the shared night."""
    result = CliRunner().invoke(main, ["--warehouse", night.warehouse.path, *args])
    assert result.exit_code == 0, result.output
    return result


def test_every_command_shows_an_example() -> None:
    for name in COMMANDS:
        shown = CliRunner().invoke(main, [name, "--help"])
        assert (shown.exit_code, "Example: mars-batch" in shown.stdout) == (0, True), name


def test_help_lists_the_commands_by_name_with_what_they_do() -> None:
    shown = CliRunner().invoke(main, ["--help"]).stdout
    listed = [line.split() for line in shown.partition("Commands:")[2].splitlines() if line]
    assert [words[0] for words in listed] == sorted(COMMANDS)
    assert all(len(words) > 3 for words in listed)


def test_an_unknown_command_is_wrong_usage() -> None:
    result = CliRunner().invoke(main, ["run"])
    assert (result.exit_code, "No such command 'run'" in result.stderr) == (2, True)


def test_json_result_is_all_that_stands_on_stdout(night: Night) -> None:
    result = run(night, "--json", "runs")
    (row,) = json.loads(result.stdout)
    assert row["run_id"] == night.run.run_id
    assert row["status"] == "published"
    assert row["counts"]["users"] == 10


def test_sql_runs_a_query_over_the_views_by_name(night: Night) -> None:
    query = "select count(*) as n from latest_recommendations where source = 'popular'"
    assert json.loads(run(night, "--json", "sql", query).stdout) == [{"n": 8}]


def test_sql_says_where_rows_were_left_out(night: Night) -> None:
    query = "select item_id from items order by item_id"
    shown = run(night, "sql", query, "--max-rows", "2").stdout
    assert shown.splitlines()[2:] == ["101", "102", "2 rows, more with --max-rows"]


def test_sql_without_a_query_lists_tables_views_and_examples(night: Night) -> None:
    listed = json.loads(run(night, "--json", "sql").stdout)
    assert {"items", "recommendations", "recommendation_reasons"} <= set(listed["tables"])
    assert len(listed["examples"]) == 3


def test_sql_checks_of_the_published_night_find_nothing(night: Night) -> None:
    shown = run(night, "sql", "--checks").stdout
    assert f"run {night.run.run_id}: no offending rows in 14 checks" in shown


def test_explain_shows_titles_shares_and_counterfactuals(night: Night) -> None:
    shown = run(night, "explain", "1").stdout
    assert any(f"): {words}" in shown for words in ("because you liked ", "in line with "))
    assert "of the attention" in shown
    assert "without it" in shown


def test_explain_of_one_item_shows_that_item_only(night: Night) -> None:
    items = json.loads(run(night, "--json", "explain", "9").stdout)
    one = str(items[1]["item_id"])
    (only,) = json.loads(run(night, "--json", "explain", "9", one).stdout)
    assert only == items[1]


def test_models_marks_the_bundle_in_use(night: Night) -> None:
    (model,) = json.loads(run(night, "--json", "models").stdout)
    assert model["model_version"] == night.run.model_version
    assert model["in_use"] is True


def test_doctor_finds_a_working_installation(night: Night) -> None:
    found = json.loads(run(night, "--json", "doctor").stdout)
    assert found["problems"] == []
    assert any("all files verified" in fact for fact in found["facts"])
    assert any(fact.startswith("Spark ") for fact in found["facts"])


def test_doctor_shows_people_what_it_shows_programs(night: Night) -> None:
    assert (
        run(night, "doctor").stdout.splitlines()
        == (json.loads(run(night, "--json", "doctor").stdout)["facts"])
    )


def test_doctor_without_java_still_looks_at_tables_and_bundle(
    night: Night, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    result = CliRunner().invoke(main, ["--warehouse", night.warehouse.path, "doctor"])
    assert result.exit_code == 1
    assert "PROBLEM No working Java found" in result.stdout
    assert "table items: version 1, keeps its contract" in result.stdout
    assert "all files verified" in result.stdout


def test_doctor_names_a_table_that_breaks_its_contract(spark: SparkSession, tmp_path: Path) -> None:
    broken = spark.createDataFrame([(1, 2)], "item_id bigint, title int")
    broken.write.format("delta").save(str(tmp_path / "items"))
    result = CliRunner().invoke(main, ["--json", "--warehouse", str(tmp_path), "doctor"])
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert "table items: breaks its contract" in found["facts"]
    (problem,) = found["problems"]
    assert problem.startswith(f"items (version 0) at {tmp_path}/items: ")
    assert "column 'title' is int, expected string" in problem
