"""CiteULike-a and -t: libraries, texts and tags."""

from pathlib import Path

import pytest

from mars_model.errors import InputDataError
from mars_model.sources.research.choose import choose_set
from mars_model.sources.research.records import Interaction, Item
from tests.sources.research.reading import interactions, items, write

HEADER = '"doc.id","title","citeulike.id","raw.title","raw.abstract"'


def put_a(folder: Path, *records: str) -> None:
    write(folder / "users.dat", "2 0 2", "1 1")
    write(folder / "raw-data.csv", HEADER, *records, encoding="latin-1")


def test_users_and_articles_count_from_zero_by_line(tmp_path: Path) -> None:
    put_a(tmp_path, '1,"a",42,"A","Text"')
    write(tmp_path / "users.dat", "2 0 2", "0", "", "3 5 7", "1 x", "1 2", "")
    *rows, one, other, last = interactions("citeulike", tmp_path)
    assert rows == [Interaction("0", "0", None, None), Interaction("0", "2", None, None)]
    assert (one.line, one.reason) == (4, "the line has not as many ids as it says")
    assert (other.line, other.reason) == (5, "an id is no whole number")
    assert last == Interaction("5", "2", None, None)


def test_articles_of_a_count_from_one_in_their_own_file_only(tmp_path: Path) -> None:
    put_a(
        tmp_path,
        '"1","exploring networks",42,"Exploring {N}etworks","A naïve &amp; ""quoted"" text"',
        '2,"two lines",43,"","First line',
        '3, 4 and 5 are numbers of the abstract"',
        '3,"open",44,"Open","Nothing closes',
        '4,"next",45,"Next","\\alpha"',
        '5,"too few",46',
    )
    write(tmp_path / "tags.dat", "graphs", "physics")
    write(tmp_path / "item-tag.dat", "2 1 0", "0", "1 7", "1 0")
    tag, one, two, opened, four, few = items("citeulike", tmp_path)
    assert tag.reason == "a tag that is not in tags.dat"
    assert (tag.file, tag.line) == ("item-tag.dat", 3)
    assert one == Item("0", "Exploring {N}etworks", 'A naïve &amp; "quoted" text', "physics|graphs")
    assert two == Item("1", "two lines", "First line\n3, 4 and 5 are numbers of the abstract", None)
    assert (opened.file, opened.line, opened.reason) == (
        "raw-data.csv",
        5,
        "the quotes of the row are not closed",
    )
    assert four == Item("3", "Next", "\\alpha", "graphs")
    assert (few.line, few.reason) == (7, "the row has not 5 columns")


def test_articles_of_t_alternate_with_marks(tmp_path: Path) -> None:
    write(tmp_path / "users.dat", "1 0")
    write(
        tmp_path / "rawtext.dat",
        "##1",
        "Grids and {C}louds. A survey",
        "##2",
        "##3",
        "Third",
        "stray",
        "##4",
        "# begins with the sign, and is text",
        "##5",
        "",
    )
    write(tmp_path / "tags.dat", "grids", "clouds", "unused")
    write(tmp_path / "tag-item.dat", "2 2 0", "1 0", "0")
    one, no_text, three, stray, four, five = items("citeulike", tmp_path)
    assert one == Item("0", None, "Grids and {C}louds. A survey", "grids|clouds")
    assert (no_text.line, no_text.reason) == (4, "a mark where the article's text should be")
    assert three == Item("2", None, "Third", "grids")
    assert stray.reason == "text without a line that begins with # before it"
    assert four == Item("3", None, "# begins with the sign, and is text", None)
    assert five == Item("4", None, None, None)


def test_what_is_missing_and_what_is_of_two_sets_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputDataError, match=r"users\.dat and raw-data\.csv or rawtext\.dat not"):
        choose_set("citeulike", [tmp_path])
    put_a(tmp_path, '1,"a",42,"A","Text"')
    assert choose_set("citeulike", [tmp_path]).has_ratings is False
    write(tmp_path / "rawtext.dat", "##1", "Text")
    with pytest.raises(InputDataError, match="belongs to citeulike-a"):
        choose_set("citeulike", [tmp_path])
