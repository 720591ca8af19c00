"""Files as they come: what is read, what is kept as a bad row, what is refused."""

import gzip
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from mars_model.errors import InputDataError
from mars_model.sources.files import CORRUPT, read_file


def write(path: Path, content: str | bytes) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def refusal(spark: SparkSession, path: str) -> str:
    with pytest.raises(InputDataError) as caught:
        read_file(spark, path)
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
    frame = read_file(spark, write(tmp_path / "my items.v2.csv", "\n".join(lines) + "\n"))
    assert frame.dtypes == [(name, "string") for name in ("item_id", "title", "text", CORRUPT)]
    rows = [tuple(row) for row in frame.collect()]
    assert rows[:2] == [
        ("007", "Orbit, again", "first line\nsecond line", None),
        ("8", 'The "Last" Sauce', None, None),
    ]
    assert [row[3] for row in rows[2:]] == ["9,Salt,too,many", "10,too few"]


def test_compressed_csv_with_windows_line_ends_and_a_byte_order_mark_reads_the_same(
    spark: SparkSession, tmp_path: Path
) -> None:
    content = gzip.compress("\ufeffitem_id,title\r\n1,Été\r\n".encode())
    frame = read_file(spark, write(tmp_path / "ITEMS.CSV.gz", content))
    assert [tuple(row) for row in frame.collect()] == [("1", "Été", None)]


def test_json_lines_keep_a_line_they_cannot_parse(spark: SparkSession, tmp_path: Path) -> None:
    lines = '{"item_id": 1, "title": "Orbit"}\n{"item_id": 2, "ti\n{"item_id": 3}\n'
    frame = read_file(spark, write(tmp_path / "items.jsonl.gz", gzip.compress(lines.encode())))
    rows = frame.select("item_id", "title", CORRUPT).collect()
    assert [tuple(row) for row in rows] == [
        (1, "Orbit", None),
        (None, None, '{"item_id": 2, "ti'),
        (3, None, None),
    ]


def test_parquet_keeps_its_types_as_file_and_as_folder(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "items"
    spark.createDataFrame([(1, "Orbit")], "item_id int, title string").coalesce(1).write.parquet(
        str(folder)
    )
    (file,) = folder.glob("part-*.parquet")
    for path in (folder, file):
        frame = read_file(spark, str(path))
        assert frame.dtypes == [("item_id", "int"), ("title", "string")]
    assert [tuple(row) for row in frame.collect()] == [(1, "Orbit")]


def test_a_missing_file_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    assert "not found" in refusal(spark, str(tmp_path / "items.csv"))


@pytest.mark.parametrize("name", ["items.xml", "items", "items.gz"])
def test_an_unknown_ending_is_refused_with_the_known_ones(
    spark: SparkSession, tmp_path: Path, name: str
) -> None:
    message = refusal(spark, write(tmp_path / name, "1"))
    assert "expected one of .parquet, .csv, .jsonl, .ndjson, .json" in message


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
