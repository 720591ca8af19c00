"""Every case of cases/ through the real command; docs/inputs.md says the same."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from pyspark.sql import SparkSession

from mars_model.cli.main import main
from mars_model.importing.import_files import import_files
from mars_model.settings import load_settings
from mars_model.tables.warehouse import Warehouse
from tests.importing.cases.case import Case
from tests.importing.cases.page import ALL, page

REPOSITORY = Path(__file__).parents[2]
EVERY = [pytest.param(case, id=f"{kind}: {case.title}") for kind, cases in ALL for case in cases]


@pytest.fixture(scope="module")
def shop(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with whole numbers as ids, which lists refer to."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "i.csv").write_text("item_id\n1\n")
    (folder / "e.csv").write_text("user_id,item_id\n1,1\n")
    files = str(folder / "i.csv"), str(folder / "e.csv")
    import_files(Warehouse(spark, str(folder / "w")), load_settings(), *files)
    return folder / "w"


@pytest.mark.parametrize("case", EVERY)
def test_an_input_becomes_what_its_case_says(
    spark: SparkSession, shop: Path, tmp_path: Path, case: Case
) -> None:
    path = case.write(tmp_path)
    is_list = case.table in ("excluded-items", "user-segments", "segment-items")
    warehouse = shop if is_list else tmp_path / "none"
    kind = ["--format", case.table.split()[1], "--from"] if is_set(case) else [f"--{case.table}"]
    arguments = ["--warehouse", str(warehouse), "import", *kind, str(path), "--dry-run"]
    sets = [part for part in case.options if part not in ("--encoding",)]
    if case.options[:1] == ("--set",):
        arguments = [*sets, *arguments]
    else:
        arguments += case.options
    result = CliRunner().invoke(main, ["--json", *arguments])
    assert result.exit_code == case.code, result.output
    if case.code:
        for part in case.says:
            assert part in result.stderr
        told = [line for line in result.stderr.splitlines() if not line.startswith("reading ")]
        assert len(told) == 1 and told[0].startswith("error: ")
        assert case.code == 2 or str(path) in told[0] or is_set(case)
        return
    found = json.loads(result.stdout)
    tables = found["tables"] if is_set(case) else found
    rejected = {reason: r["n"] for done in tables for reason, r in done["rejected"].items()}
    assert rejected == case.rejected
    if is_set(case):
        assert [{done["table"]: done["n_good"] for done in tables}] == case.rows
    else:
        first_rows = map(plain, tables[0]["first_rows"])
        assert sorted(first_rows, key=str) == sorted(case.rows, key=str)
    if case.says:
        shown = CliRunner().invoke(main, arguments).stdout
        for part in case.says:
            assert part in shown
    assert not (tmp_path / "none").exists()


def is_set(case: Case) -> bool:
    """Whether the case is a research set."""
    return case.table.startswith("format ")


def plain(row: dict) -> dict:
    """A row without its nulls, times as case files write them."""
    times = {name for name in row if name.endswith(("_at", "_from", "_until"))}
    return {
        name: str(value).replace("T", " ").removesuffix("+00:00") if name in times else value
        for name, value in row.items()
        if value is not None
    }


def test_there_are_cases_of_all_kinds_and_the_page_shows_each() -> None:
    assert len(EVERY) >= 150
    assert (REPOSITORY / "docs" / "inputs.md").read_text(encoding="utf-8") == page(), (
        "write it anew with: python -m tests.importing.cases.page"
    )
