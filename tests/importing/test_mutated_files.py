"""Mutated files: each is read, row by row, or refused in a sentence. `make fuzz` runs 2,000."""

import csv
import gzip
import json
import os
import random
import re
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from pyspark.sql import SparkSession

from mars_model.cli.main import main
from tests.importing.mutations import mutated

N_FILES = int(os.environ.get("MARS_MUTATIONS", "100"))
TRACE = re.compile(r"Traceback|Py4J|\bat org\.|java\.|org\.apache|File \"|error: unexpected")


def count_rows(path: Path, separator: str) -> tuple[int, int]:
    """The records of a file, good and broken, as another reader has them."""
    name = str(path)
    if ".parquet" in path.name:
        rows = duckdb.sql(f"select count(*) from read_parquet('{name}')").fetchall()
        return int(rows[0][0]), 0
    if ".jsonl" in path.name:
        options = "columns={'line': 'varchar'}, delim='\x01', quote='', escape='', header=false"
        lines = duckdb.sql(f"select line from read_csv('{name}', auto_detect=false, {options})")
        return sum(bool(line and line.strip()) for (line,) in lines.fetchall()), 0
    return count_records(path, separator)


def count_records(path: Path, separator: str) -> tuple[int, int]:
    """The records of a CSV file: rows, and what DuckDB rejects by the strict rules."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        first = next(line for line in file if line.strip())
    heading = next(csv.reader([first], delimiter=separator))
    columns = "{" + ", ".join(f"'c{n}': 'varchar'" for n in range(len(heading))) + "}"
    with duckdb.connect() as other:
        rows = other.sql(
            f"select count(*) from read_csv('{path}', delim='{separator}', quote='\"', "
            f"escape='\"', header=true, auto_detect=false, columns={columns}, strict_mode=true, "
            "ignore_errors=true, store_rejects=true, parallel=false)"
        ).fetchall()
        rejects = other.sql("select count(distinct line) from reject_errors").fetchall()
    return int(rows[0][0]), int(rejects[0][0])


def are_same_rows(done: dict, n_rows: int, n_broken: int) -> bool:
    """Whether the import counted as the other reader did.

    Where a quote stands wrong, nothing says where its record ends: the rows beside it count.
    """
    rejected = {reason: each["n"] for reason, each in done["rejected"].items()}
    n_all = done["n_good"] + sum(rejected.values())
    if any(reason.startswith("the line is no CSV") for reason in rejected):
        n_cut = sum(n for reason, n in rejected.items() if reason.startswith("the line "))
        return n_all - n_cut == n_rows
    return n_all == n_rows + n_broken


@pytest.mark.long
def test_every_mutated_file_is_read_row_by_row_or_refused_in_a_sentence(
    spark: SparkSession, tmp_path: Path
) -> None:
    outcomes: Counter[str] = Counter()
    faults = []
    for number in range(N_FILES):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = mutated(random.Random(number), folder)
        arguments = ["--warehouse", str(folder / "w"), "import", "--items", str(path), "--dry-run"]
        result = CliRunner().invoke(main, ["--json", *arguments])
        if result.exit_code:
            said = result.stderr.strip()
            is_sentence = len(said.splitlines()) == 1 and str(path) in said
            if result.exit_code != 3 or not is_sentence or TRACE.search(said):
                faults.append(f"{number}: exit code {result.exit_code}, {said}")
            outcomes["refused"] += 1
            continue
        (done,) = json.loads(result.stdout)
        noted = re.search(r"separated by '(.+)'", " ".join(done["notes"]))
        separator = noted[1].replace("\\t", "\t") if noted else ","
        try:
            expected = count_rows(path, separator)
        except duckdb.Error:
            outcomes["read, and refused by the other reader"] += 1
            continue
        if not are_same_rows(done, *expected):
            read = f"{done['n_good']} rows, rejected {done['rejected']}"
            faults.append(f"{number}: {path.name}: {read}, {expected} by the other reader")
            continue
        outcomes["read as the other reader does"] += 1
    print(outcomes)
    assert faults == []
    assert outcomes["read as the other reader does"] > N_FILES / 3
    assert outcomes["refused"] > N_FILES / 5
