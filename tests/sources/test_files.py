"""Files as they come: what is read, what is kept as a bad row, what is refused."""

import gzip
import tempfile
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from mars_model.errors import InputDataError
from mars_model.sources.files import read_file
from mars_model.sources.text_tables import CORRUPT, WHY


def write(path: Path, content: str | bytes) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def read(spark: SparkSession, path: str) -> DataFrame:
    """The rows with the file's own names."""
    found = read_file(spark, path, Path(tempfile.mkdtemp(dir=Path(path).parent)) / "read")
    of_lines = [name for name in found.rows.columns if name.startswith("_")]
    return found.rows.toDF(*found.names, *of_lines)


def refusal(spark: SparkSession, path: str) -> str:
    with pytest.raises(InputDataError) as caught:
        read(spark, path)
    assert caught.value.exit_code == 3
    message = str(caught.value)
    assert message.startswith(f"file {path}: ")
    assert "\n" not in message
    assert ".." not in message
    return message


def test_csv_reads_quotes_line_breaks_and_keeps_lines_it_cannot_parse(
    spark: SparkSession, tmp_path: Path
) -> None:
    lines = [
        "item_id,title,text",
        '007,"Orbit, again","first line\nsecond line"',
        '8,"The ""Last"" Sauce",',
        "9,Salt,too,many",
        "10,too few",
    ]
    frame = read(spark, write(tmp_path / "my items.v2.csv", "\n".join(lines) + "\n"))
    columns = ["item_id", "title", "text", CORRUPT, WHY]
    assert frame.dtypes == [(name, "string") for name in columns]
    rows = [tuple(row) for row in frame.collect()]
    assert rows[:2] == [
        ("007", "Orbit, again", "first line\nsecond line", None, None),
        ("8", 'The "Last" Sauce', None, None, None),
    ]
    assert [row[3:] for row in rows[2:]] == [
        ("9,Salt,too,many", "the line has 4 fields, not 3"),
        ("10,too few", "the line has 2 fields, not 3"),
    ]


def test_compressed_csv_with_windows_line_ends_and_a_byte_order_mark_reads_the_same(
    spark: SparkSession, tmp_path: Path
) -> None:
    content = gzip.compress("\ufeffitem_id,title\r\n1,Été\r\n".encode())
    frame = read(spark, write(tmp_path / "ITEMS.CSV.gz", content))
    assert [tuple(row) for row in frame.collect()] == [("1", "Été", None, None)]


def test_json_lines_keep_a_line_they_cannot_parse(spark: SparkSession, tmp_path: Path) -> None:
    lines = '{"item_id": 1, "title": "Orbit"}\n{"item_id": 2, "ti\n{"item_id": 3}\n'
    frame = read(spark, write(tmp_path / "items.jsonl.gz", gzip.compress(lines.encode())))
    rows = frame.select("item_id", "title", CORRUPT).collect()
    assert [tuple(row) for row in rows] == [
        ("1", "Orbit", None),
        ("3", None, None),
        (None, None, '{"item_id": 2, "ti'),
    ]


def test_parquet_keeps_its_types_as_file_and_as_folder(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "items"
    spark.createDataFrame([(1, "Orbit")], "item_id int, title string").coalesce(1).write.parquet(
        str(folder)
    )
    (file,) = folder.glob("part-*.parquet")
    for path in (folder, file):
        frame = read(spark, str(path))
        assert frame.dtypes == [("item_id", "int"), ("title", "string")]
    assert [tuple(row) for row in frame.collect()] == [(1, "Orbit")]


def test_a_missing_file_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    assert "not found" in refusal(spark, str(tmp_path / "items.csv"))


@pytest.mark.parametrize("name", ["items.xml", "items", "items.gz"])
def test_an_unknown_ending_is_refused_with_the_known_ones(
    spark: SparkSession, tmp_path: Path, name: str
) -> None:
    message = refusal(spark, write(tmp_path / name, "1"))
    assert "expected one of .parquet, .csv, .tsv, .txt, .jsonl, .ndjson, .json" in message


def test_a_corrupt_parquet_file_is_refused_with_its_reason(
    spark: SparkSession, tmp_path: Path
) -> None:
    message = refusal(spark, write(tmp_path / "items.parquet", b"PAR1 but not for long"))
    assert "cannot be read: " in message
    assert "calling o" not in message


def test_a_file_that_is_not_compressed_as_its_ending_says_is_refused(
    spark: SparkSession, tmp_path: Path
) -> None:
    message = refusal(spark, write(tmp_path / "items.csv.gz", "item_id,title\n1,Orbit\n"))
    assert "cannot be read: " in message
    assert "calling o" not in message
