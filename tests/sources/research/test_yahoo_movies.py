"""Yahoo! Movies in the layout of Webscope R4."""

from pathlib import Path

import pytest

from mars_model.errors import InputDataError
from mars_model.sources.research.choose import choose_set
from mars_model.sources.research.records import Interaction, Item
from tests.sources.research.reading import interactions, items, write

RATINGS = "ydata-ymovies-user-movie-ratings-{}-v1_0.txt"


def movie(movie_id: str, title: str, synopsis: str, genres: str) -> str:
    """34 columns, of which 0, 1, 2 and 10 are read."""
    middle = ["1 hr. 30 min.", "PG", "\\N", "May 1, 2003", "20030501", "Some Studio", "http://x"]
    rest = ["Director|Other", "19|20", *["\\N"] * 21]
    columns = [movie_id, title, synopsis, *middle, genres, *rest]
    assert len(columns) == 34
    return "\t".join(columns)


def put(folder: Path, descriptions: str = "movie_db_yoda") -> None:
    write(
        folder / descriptions,
        movie("1800019198", "Amélie (2001)", 'She says "oui" &amp; leaves', "Comedy|Romance"),
        movie("1800020189", "No Synopsis (1999)", "\\N", "\\N"),
        "1800020190\tToo short",
        encoding="latin-1",
    )
    write(
        folder / RATINGS.format("train"),
        "1\t1800019198\t11\t5",
        "1\t1800020189\t4\t2",
        "1\t1800020189\t4",
        "1\t1800020189\t4\tB+",
    )
    write(folder / RATINGS.format("test"), "7\t1800019198\t13\t5")


@pytest.mark.parametrize(
    "descriptions", ["movie_db_yoda", "ydata-ymovies-movie-content-descr-v1_0.txt"]
)
def test_descriptions_have_titles_synopses_and_genres(tmp_path: Path, descriptions: str) -> None:
    put(tmp_path, descriptions)
    full, bare, broken = items("yahoo-movies", tmp_path)
    assert full == Item(
        "1800019198", "Amélie (2001)", 'She says "oui" &amp; leaves', "Comedy|Romance"
    )
    assert bare == Item("1800020189", "No Synopsis (1999)", None, None)
    assert (broken.line, broken.reason) == (3, "the line has not 11 columns or more")


def test_the_rating_from_1_to_5_is_read_of_training_and_test(tmp_path: Path) -> None:
    put(tmp_path)
    first, second, short, grade, of_test = interactions("yahoo-movies", tmp_path)
    assert first == Interaction("1", "1800019198", 5.0, None)
    assert second == Interaction("1", "1800020189", 2.0, None)
    assert (short.line, short.reason) == (3, "the line has not 4 columns")
    assert (grade.line, grade.reason) == (4, "the converted rating is no number")
    assert of_test == Interaction("7", "1800019198", 5.0, None)


def test_all_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    write(tmp_path / RATINGS.format("train"), "1\t1800019198\t11\t5")
    with pytest.raises(InputDataError) as caught:
        choose_set("yahoo-movies", [tmp_path])
    missing, _, found = str(caught.value).partition(" not found among ")
    assert RATINGS.format("test") in missing
    assert "movie_db_yoda" in missing
    assert RATINGS.format("train") in found
