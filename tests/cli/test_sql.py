"""mars-batch sql as typed: it reads, and writes only where it is told to."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from deltalake import DeltaTable

from mars_model.cli.main import main
from tests.conftest import Night
from tests.night.conftest import copy_night, rows_of


def sql(night: Night, *words: str, json_too: bool = True) -> Result:
    flags = ["--json"] if json_too else []
    return CliRunner().invoke(main, [*flags, "--warehouse", night.warehouse.path, "sql", *words])


@pytest.mark.parametrize(
    "statement",
    [
        "delete from items",
        "insert into excluded_items select item_id, null, null, null from items",
        "optimize items",
        "execute immediate 'delete from items'",
        "delete from delta.`{folder}/items`",
        "create or replace temporary view items as select 1",
    ],
)
def test_a_statement_that_writes_changes_nothing(
    night: Night, tmp_path: Path, statement: str
) -> None:
    folder = Path(night.warehouse.path)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    result = sql(night, statement.format(folder=folder))
    assert result.exit_code == 2
    assert json.loads(result.stdout)["exit_code"] == 2
    assert "sql only reads" in json.loads(result.stdout)["error"]
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_a_statement_that_writes_runs_with_write(night: Night, tmp_path: Path) -> None:
    copied = copy_night(night, tmp_path / "wh")
    result = sql(copied, "--write", "delete from items where item_id = 101")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == [{"num_affected_rows": 1}]
    assert 101 not in {row["item_id"] for row in rows_of(copied.warehouse, "items")}
    assert DeltaTable(copied.warehouse.location("items")).history(1)[0]["operation"] == "DELETE"


def test_an_error_at_run_time_is_wrong_usage_with_an_object_and_a_sentence(night: Night) -> None:
    result = sql(night, "select item_id / (item_id - 101) from items")
    assert result.exit_code == 2
    said = json.loads(result.stdout)
    assert set(said) == {"error", "exit_code"}
    assert said["error"].startswith("query: [DIVIDE_BY_ZERO]")
    assert result.stderr == f"error: {said['error']}\n"


def test_json_refuses_two_columns_of_one_name_and_people_see_both(night: Night) -> None:
    result = sql(night, "select 1 as a, 2 as a, 3 as b")
    assert result.exit_code == 2
    assert "several columns are called a," in json.loads(result.stdout)["error"]
    shown = sql(night, "select 1 as a, 2 as a", json_too=False)
    assert shown.stdout.splitlines()[:3] == ["a  a", "-  -", "1  2"]


def test_json_keeps_the_names_of_structs_and_maps(night: Night) -> None:
    query = "select struct(item_id, map('t', title)) as item from items where item_id = 101"
    (row,) = json.loads(sql(night, query).stdout)
    assert row["item"]["item_id"] == 101
    assert list(row["item"].values())[1] == {"t": "Orbit"}


def test_json_writes_numbers_that_json_has_not_as_text(night: Night) -> None:
    result = sql(night, "select double('NaN') as n, array(float('-Infinity')) as i")
    assert json.loads(result.stdout) == [{"n": "NaN", "i": ["-Infinity"]}]


def test_a_query_may_begin_with_a_comment(night: Night) -> None:
    result = sql(night, "-- how many\nselect count(*) as n from items")
    assert json.loads(result.stdout) == [{"n": 12}]


def test_small_numbers_are_not_shown_as_zero(night: Night) -> None:
    shown = sql(night, "select 1.5e-9d as x, 0d as y", json_too=False)
    assert shown.stdout.splitlines()[2].split() == ["1.5e-09", "0"]
