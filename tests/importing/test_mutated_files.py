"""Two thousand mutated files: each is read, row by row, or refused in a sentence."""

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

N_FILES = int(os.environ.get("MARS_MUTATIONS", "2000"))
TRACE = re.compile(r"Traceback|Py4J|\bat org\.|java\.|org\.apache|File \"|error: unexpected")


def count_rows(path: Path, separator: str) -> int:
    """The records of a file, good and broken, as another reader has them."""
    name = str(path)
    if ".parquet" in path.name:
        return int(duckdb.sql(f"select count(*) from read_parquet('{name}')").fetchall()[0][0])
    if ".jsonl" in path.name:
        options = "columns={'line': 'varchar'}, delim='\x01', quote='', escape='', header=false"
        lines = duckdb.sql(f"select line from read_csv('{name}', auto_detect=false, {options})")
        return sum(bool(line and line.strip()) for (line,) in lines.fetchall())
    table = duckdb.sql(
        f"select count(*) from read_csv('{name}', delim='{separator}', quote='\"', escape='\"', "
        "header=true, all_varchar=true, auto_detect=true, sample_size=1, null_padding=true, "
        "strict_mode=false, parallel=false)"
    )
    return int(table.fetchall()[0][0])


@pytest.mark.long
def test_every_mutated_file_is_read_row_by_row_or_refused_in_a_sentence(
    spark: SparkSession, tmp_path: Path
) -> None:
    outcomes: Counter[str] = Counter()
    for number in range(N_FILES):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = mutated(random.Random(number), folder)
        arguments = ["--warehouse", str(folder / "w"), "import", "--items", str(path), "--dry-run"]
        result = CliRunner().invoke(main, ["--json", *arguments])
        assert result.exit_code in (0, 3), (number, result.output)
        if result.exit_code:
            assert len(result.stderr.strip().splitlines()) == 1, (number, result.stderr)
            assert not TRACE.search(result.stderr), (number, result.stderr)
            assert str(path) in result.stderr
            outcomes["refused"] += 1
            continue
        (done,) = json.loads(result.stdout)
        n_rejected = sum(each["n"] for each in done["rejected"].values())
        noted = re.search(r"separated by '(.+)'", " ".join(done["notes"]))
        separator = noted[1].replace("\\t", "\t") if noted else ","
        try:
            expected = count_rows(path, separator)
        except duckdb.Error:
            outcomes["read, and refused by the other reader"] += 1
            continue
        if done["n_good"] + n_rejected != expected:
            print(number, path.name, done["n_good"], n_rejected, expected, list(done["rejected"]))
            outcomes["DIFFERENT"] += 1
            continue
        outcomes["read as the other reader does"] += 1
    print(outcomes)
    assert outcomes["read as the other reader does"] > N_FILES / 4
