"""Research sets from their own files into the warehouse."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from pyspark.sql import SparkSession

from mars_model.bundle.registry import Registry
from mars_model.cli.main import main
from mars_model.errors import InputDataError, SettingsError
from mars_model.fitting.train import train_model
from mars_model.importing.import_research import ImportedSet, import_research_set
from mars_model.importing.imported import Changes, Imported
from mars_model.settings import load_settings
from mars_model.tables.contracts import IdTypes
from mars_model.tables.warehouse import Warehouse
from tests.conftest import RUN_DATE, SilentProgress, small_settings
from tests.sources.research.reading import write

TITLES = ("Orbit", "Comet Station", "Airlock", "Salt", "The Last Sauce", "Knife Work")


def write_movielens(folder: Path) -> Path:
    """Six films and six users who like a theme each, as 1M, with a few broken lines."""
    folder.mkdir()
    movies = [
        f"{n}::{title} ({1990 + n})::{'Sci-Fi' if n <= 3 else 'Comedy|Drama'}"
        for n, title in enumerate(TITLES, start=1)
    ]
    write(folder / "movies.dat", *movies, "7::No genres", encoding="latin-1")
    likes = {1: (1, 2, 3), 2: (1, 2, 4), 3: (1, 3), 4: (4, 5, 6), 5: (4, 5, 1), 6: (5, 6)}
    ratings = [
        f"{user}::{movie}::5::{978300000 + 60 * user + movie}"
        for user, movies_of_user in likes.items()
        for movie in movies_of_user
    ]
    ratings.insert(3, "1::2::five::978300000")
    ratings += [ratings[0], "6::1::2::978300999", "6::1"]
    write(folder / "ratings.dat", *ratings)
    return folder


def reasons(done: Imported) -> dict[str, int]:
    return {reason: rejected.n for reason, rejected in done.rejected.items()}


def do(warehouse: Warehouse, kind: str, *paths: Path, **given) -> ImportedSet:
    settings = given.get("settings") or load_settings()
    return import_research_set(
        warehouse, settings, kind, paths, given.get("texts"), lambda line: None
    )


def test_a_movielens_folder_is_imported_and_trained_on(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    folder = write_movielens(tmp_path / "ml-1m")
    plots = [
        f'{n},"{"A rocket in orbit, far away" if n <= 3 else "A chef cooks in a kitchen"}"'
        for n in range(1, 7)
    ]
    texts = write(tmp_path / "plots.csv", "item_id,text", *plots, "99,Of no film", ",Of nothing")
    settings = small_settings()
    done = do(warehouse, "movielens", folder, texts=str(texts), settings=settings)
    items, interactions = done.tables
    assert (items.n_good, reasons(items)) == (6, {"the line has not 3 columns": 1})
    assert interactions.n_good == 17
    assert reasons(interactions) == {
        "repeats user_id, item_id, interacted_at": 1,
        "the line has not 4 columns": 1,
        "the rating is no number": 1,
    }
    assert done.broken_lines.n == 3
    assert [(each.file, each.line) for each in done.broken_lines.examples] == [
        ("movies.dat", 7),
        ("ratings.dat", 4),
        ("ratings.dat", 20),
    ]
    assert done.texts is not None
    assert (done.texts.n_lines, done.texts.n_without, done.texts.n_of_items) == (8, 1, 6)

    assert warehouse.id_types() == IdTypes("bigint", "bigint")
    row = warehouse.read("items").where("item_id = 1").first()
    assert row is not None
    assert (row["title"], row["text"]) == ("Orbit (1991)", "A rocket in orbit, far away")
    event = warehouse.read("interactions").where("user_id = 1 and item_id = 2")
    (at,) = event.selectExpr("cast(interacted_at as string)", "rating").collect()
    assert tuple(at) == ("2000-12-31 22:01:02", 5.0)

    rejected = warehouse.read("rejected_rows").where("reason = 'the rating is no number'").first()
    assert rejected is not None
    assert rejected["source"] == str(folder / "ratings.dat")
    kept = {"file": "ratings.dat", "line": 4, "text": "1::2::five::978300000"}
    assert json.loads(rejected["row_json"]) == kept

    registry = Registry(tmp_path / "models")
    train_model(warehouse, registry, settings, RUN_DATE, SilentProgress())
    assert registry.versions()


@pytest.mark.long
def test_importing_a_set_again_changes_no_row(warehouse: Warehouse, tmp_path: Path) -> None:
    folder = write_movielens(tmp_path / "ml-1m")
    first = do(warehouse, "movielens", folder)
    again = do(warehouse, "movielens", folder)
    assert [done.changes for done in first.tables] == [Changes(6, 0, 0), Changes(17, 0, 0)]
    assert [done.changes for done in again.tables] == [Changes(0, 0, 6), Changes(0, 0, 17)]
    assert [reasons(done) for done in again.tables] == [reasons(done) for done in first.tables]
    assert warehouse.read("items").count() == 6
    assert warehouse.read("interactions").count() == 17
    assert warehouse.read("rejected_rows").count() == 4
    texts = {row["item_id"]: row["text"] for row in warehouse.read("items").collect()}
    assert texts[6] == "Comedy Drama"


def test_genres_are_a_column_where_settings_keep_it(warehouse: Warehouse, tmp_path: Path) -> None:
    settings = load_settings(overrides=["sources.extra_item_columns=[genres]"])
    do(warehouse, "movielens", write_movielens(tmp_path / "ml-1m"), settings=settings)
    assert {row["genres"] for row in warehouse.read("items").collect()} == {
        "Sci-Fi",
        "Comedy|Drama",
    }


def test_amazon_ids_stay_strings_with_their_zeros(warehouse: Warehouse, tmp_path: Path) -> None:
    reviews = [
        json.dumps({"reviewerID": "A1", "asin": "0000031852", "overall": 5.0}),
        json.dumps({"reviewerID": "A1", "asin": "512005309X", "overall": 3.0}),
    ]
    write(tmp_path / "Toys.json.gz", *reviews)
    write(tmp_path / "meta_Toys.json.gz", "{'asin': '0000031852'}", "{'asin': '0000031852'}")
    items, interactions = do(warehouse, "amazon", tmp_path).tables
    assert (items.n_good, reasons(items)) == (1, {"repeats item_id": 1})
    assert interactions.n_good == 2
    events = warehouse.read("interactions").orderBy("item_id").collect()
    assert [tuple(row) for row in events] == [
        ("A1", "0000031852", 5.0, None),
        ("A1", "512005309X", 3.0, None),
    ]


def test_a_set_without_ratings_takes_no_minimum(warehouse: Warehouse, tmp_path: Path) -> None:
    write(tmp_path / "users.dat", "2 0 1", "1 1")
    write(tmp_path / "rawtext.dat", "##1", "Grids. A survey", "##2", "Clouds")
    with pytest.raises(SettingsError, match="every entry is a like"):
        do(
            warehouse,
            "citeulike",
            tmp_path,
            settings=load_settings(overrides=["likes.min_rating=4"]),
        )
    items, interactions = do(warehouse, "citeulike", tmp_path).tables
    assert (items.n_good, interactions.n_good) == (2, 3)
    events = warehouse.read("interactions").orderBy("user_id", "item_id").collect()
    assert [tuple(row) for row in events] == [
        (0, 0, None, None),
        (0, 1, None, None),
        (1, 1, None, None),
    ]


def test_texts_of_no_item_are_refused_with_ids_as_they_are(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    folder = write_movielens(tmp_path / "ml-1m")
    texts = write(tmp_path / "plots.csv", "item_id,text", "tt0114709,A toy", "tt0113497,A game")
    with pytest.raises(InputDataError, match=r"none of its 2 texts .* such as 1, 2, 3"):
        do(warehouse, "movielens", folder, texts=str(texts))
    assert not warehouse.exists("items")


def test_an_empty_file_is_refused_by_its_own_name(warehouse: Warehouse, tmp_path: Path) -> None:
    folder = write_movielens(tmp_path / "ml-1m")
    write(folder / "ratings.dat")
    with pytest.raises(InputDataError, match=r"ratings\.dat: none of its rows .*it is empty"):
        do(warehouse, "movielens", folder)


def test_a_set_does_not_mix_with_the_sample(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.create("items", IdTypes("bigint", "bigint"))
    warehouse.mark_synthetic()
    with pytest.raises(InputDataError, match="synthetic"):
        do(warehouse, "movielens", write_movielens(tmp_path / "ml-1m"))


def test_the_command_shows_broken_lines_and_says_where_the_rest_is(
    spark: SparkSession, tmp_path: Path
) -> None:
    folder = write_movielens(tmp_path / "ml-1m")
    arguments = ["--warehouse", str(tmp_path / "w"), "import", "--format", "movielens"]
    result = CliRunner().invoke(main, [*arguments, "--from", str(folder)])
    assert result.exit_code == 0, result.output
    assert (
        f"{folder}/ratings.dat → interactions: 17 rows new, 0 changed, 0 the same, 3 rejected"
        in result.stdout
    )
    assert "3 broken lines, the first 3:" in result.stdout
    assert "  ratings.dat line 4: the rating is no number: '1::2::five::978300000'" in result.stdout
    assert "rejected_rows" in result.stdout
    assert f"reading {folder}/movies.dat" in result.stderr

    as_json = ["--json", *arguments, "--from", str(folder)]
    shown = json.loads(CliRunner().invoke(main, as_json).stdout)
    assert [table["table"] for table in shown["tables"]] == ["items", "interactions"]
    assert shown["broken_lines"]["n"] == 3
    assert shown["texts"] is None


@pytest.mark.parametrize(
    "arguments",
    [
        ["--format", "movielens"],
        ["--from", "ml-1m"],
        ["--texts", "plots.csv"],
        ["--format", "movielens", "--from", "ml-1m", "--items", "items.csv"],
        ["--format", "netflix", "--from", "x"],
    ],
)
def test_half_a_set_is_wrong_usage(arguments: list[str]) -> None:
    assert CliRunner().invoke(main, ["import", *arguments]).exit_code == 2
