"""MovieLens in its three layouts."""

from pathlib import Path

import pytest

from mars_model.errors import InputDataError
from mars_model.sources.research.choose import choose_set
from mars_model.sources.research.records import Broken, Interaction, Item
from tests.sources.research.reading import interactions, items, write

# 881250949 s are 1997-12-04 15:55:49 UTC.
US = 1_000_000


def flags(*raised: int) -> str:
    return "|".join("1" if n in raised else "0" for n in range(19))


def write_100k(folder: Path) -> None:
    write(
        folder / "u.item",
        f"1|Toy Story (1995)|01-Jan-1995||http://x/title?Toy%20Story|{flags(3, 4, 5)}",
        f"2|Misérables, Les (1995)|01-Jan-1995||http://x/2|{flags(8, 12)}",
        "",
        f"267|unknown||||{flags(0)}",
        "4|Get Shorty (1995)|01-Jan-1995||http://x/4|0|1",
        encoding="latin-1",
    )
    write(
        folder / "u.data",
        "196\t2\t3\t881250949",
        "186\t1\tthree\t891717742",
        "22\t1\t1",
        "2x\t1\t2\t880606923",
        "166\t1\t1\t886397596000000",
        "196\t2\t3\t881250949",
    )


def test_100k_is_latin_1_between_bars_with_flags_for_genres(tmp_path: Path) -> None:
    write_100k(tmp_path)
    assert items("movielens", tmp_path) == [
        Item("1", "Toy Story (1995)", None, "Animation|Children's|Comedy"),
        Item("2", "Misérables, Les (1995)", None, "Drama|Musical"),
        Item("267", "unknown", None, "unknown"),
        Broken(
            "u.item",
            5,
            "the line has not 24 columns",
            "4|Get Shorty (1995)|01-Jan-1995||http://x/4|0|1",
        ),
    ]


def test_broken_lines_of_ratings_say_where_and_why_and_the_others_go_on(tmp_path: Path) -> None:
    write_100k(tmp_path)
    first, *broken, last = interactions("movielens", tmp_path)
    assert first == last == Interaction("196", "2", 3.0, 881250949 * US)
    assert [(each.file, each.line, each.reason) for each in broken] == [
        ("u.data", 2, "the rating is no number"),
        ("u.data", 3, "the line has not 4 columns"),
        ("u.data", 4, "the user is no whole number"),
        ("u.data", 5, "the timestamp is no time"),
    ]
    assert broken[1].text == "22\t1\t1"


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])  # 1M is the one, 10M the other
def test_1m_and_10m_have_two_colons_between_columns(tmp_path: Path, encoding: str) -> None:
    write(
        tmp_path / "movies.dat",
        "73::Misérables, Les (1995)::Drama|Musical",
        "9::Star Trek: First Contact (1996)::Action",
        encoding=encoding,
    )
    write(tmp_path / "ratings.dat", "1::73::5::978300760", "1::9::0.5::978302109", "1::9:5:1")
    assert items("movielens", tmp_path) == [
        Item("73", "Misérables, Les (1995)", None, "Drama|Musical"),
        Item("9", "Star Trek: First Contact (1996)", None, "Action"),
    ]
    assert interactions("movielens", tmp_path) == [
        Interaction("1", "73", 5.0, 978300760 * US),
        Interaction("1", "9", 0.5, 978302109 * US),
        Broken("ratings.dat", 3, "the line has not 4 columns", "1::9:5:1"),
    ]


def test_latest_has_headers_and_quotes(tmp_path: Path) -> None:
    write(
        tmp_path / "movies.csv",
        "movieId,title,genres",
        '11,"American President, The (1995)",Comedy|Drama|Romance',
        '12,"""Great"" One (1996)",(no genres listed)',
        '13,"Balto (1995),Adventure',
        "14,Été & Co &amp; 七人の侍,Drama",
        encoding="utf-8",
    )
    write(
        tmp_path / "ratings.csv",
        "userId,movieId,rating,timestamp\r",
        "1,11,4.0,964982703\r",
        "1,12,nan,964982703\r",
        "1,13,1_0,964982703\r",
        "1,14,3.5,\r",
    )
    assert items("movielens", tmp_path) == [
        Item("11", "American President, The (1995)", None, "Comedy|Drama|Romance"),
        Item("12", '"Great" One (1996)', None, None),
        Broken("movies.csv", 4, "the line is no CSV", '13,"Balto (1995),Adventure'),
        Item("14", "Été & Co &amp; 七人の侍", None, "Drama"),
    ]
    assert interactions("movielens", tmp_path) == [
        Interaction("1", "11", 4.0, 964982703 * US),
        Broken("ratings.csv", 3, "the rating is no number", "1,12,nan,964982703"),
        Broken("ratings.csv", 4, "the rating is no number", "1,13,1_0,964982703"),
        Interaction("1", "14", 3.5, None),
    ]


def test_a_csv_without_its_header_loses_no_row(tmp_path: Path) -> None:
    write(tmp_path / "movies.csv", "11,Balto (1995),Adventure")
    write(tmp_path / "ratings.csv", "1,11,4.0,964982703")
    assert len(items("movielens", tmp_path)) == len(interactions("movielens", tmp_path)) == 1


def test_what_the_layout_lacks_is_named(tmp_path: Path) -> None:
    write(tmp_path / "ratings.dat", "1::1::5::978300760")
    with pytest.raises(InputDataError, match=r"movies\.dat not found among ratings\.dat\."):
        choose_set("movielens", [tmp_path])
    (tmp_path / "ratings.dat").unlink()
    with pytest.raises(InputDataError) as caught:
        choose_set("movielens", [tmp_path])
    for pair in ("u.data with u.item", "ratings.dat with movies.dat", "ratings.csv with"):
        assert pair in str(caught.value)
    assert "no file" in str(caught.value)


def test_two_sets_in_one_folder_are_told_apart_by_naming_files(tmp_path: Path) -> None:
    write_100k(tmp_path)
    movies = write(tmp_path / "movies.csv", "movieId,title,genres", "1,Balto,Adventure")
    ratings = write(tmp_path / "ratings.csv", "userId,movieId,rating,timestamp", "1,1,4,964982703")
    with pytest.raises(InputDataError, match="belong to more than one set"):
        choose_set("movielens", [tmp_path])
    assert choose_set("movielens", [ratings, movies]).files == (movies, ratings)
