"""Texts of the user's own for the items of a set."""

from pathlib import Path

from pyspark.sql import SparkSession

from mars_model.importing.import_research import texts_of_lines, with_texts
from mars_model.sources.files import read_file
from mars_model.sources.name_rows import name_rows
from tests.sources.research.reading import write

SCHEMA = "item_id string, title string, text string, genres string"


def test_a_text_given_comes_before_the_sets_own_and_that_before_genres(
    spark: SparkSession, tmp_path: Path
) -> None:
    items = spark.createDataFrame(
        [
            ("1", "Orbit", "its own", "Sci-Fi"),
            ("2", "Salt", "its own", None),
            ("3", "Bread", None, "Drama|Sci-Fi"),
            ("4", "Knife", None, None),
            (None, None, None, None),
        ],
        SCHEMA,
    )
    path = write(
        tmp_path / "plots.jsonl",
        '{"item_id": 1, "text": "an older plot"}',
        '{"item_id": 1, "text": "zz, the last by the alphabet"}',
        '{"item_id": "4", "text": "a plot &amp; more"}',
        '{"item_id": 2, "text": "  "}',
        '{"item_id": 3, "te',
        '{"text": "of nothing"}',
        '{"item_id": 99, "text": "of no item"}',
    )
    read = read_file(spark, str(path), tmp_path / "read")
    both = ("item_id", "text")
    texts = texts_of_lines(name_rows(read, both, {}, both, "sources.item_columns").rows)
    assert texts.count() == 4
    found = {row["item_id"]: row["text"] for row in with_texts(items, texts).collect()}
    assert found == {
        "1": "zz, the last by the alphabet",
        "2": "its own",
        "3": "Drama Sci-Fi",
        "4": "a plot &amp; more",
        None: None,
    }
    assert with_texts(items, None).count() == 5
