"""Yahoo! Movies, Webscope R4: ratings for training and for tests, and what the movies are about.

Source: the set's readme.txt (ydata-ymovies-user-movie-ratings-content-v1_0). Ratings are user,
movie, rating from 1 (F) to 13 (A+) and the same converted to 1 to 5, between tabs; the converted
one is read, of which the paper takes 5 for a like. The description, `movie_db_yoda` or
ydata-ymovies-movie-content-descr-v1_0.txt, has 34 fields between tabs, `\\N` where there is
nothing: 0 movie, 1 title, 2 synopsis, 10 genres between `|`. It is Latin-1. There are no times.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from mars_model.sources.lines import Line
from mars_model.sources.research.fields import columns, number, whole_number
from mars_model.sources.research.records import BrokenLineError, Interaction, Item, rows_of_file
from mars_model.sources.research.set_files import Reading, ResearchSet, missing_files, named

_TRAIN = "ydata-ymovies-user-movie-ratings-train-v1_0.txt"
_TEST = "ydata-ymovies-user-movie-ratings-test-v1_0.txt"
_MOVIES = ("movie_db_yoda", "ydata-ymovies-movie-content-descr-v1_0.txt")
_NOTHING = "\\N"
_GENRES = 10  # the last column that is read


def open_set(files: Sequence[Path]) -> ResearchSet:
    """Both files of ratings and the description; splits are evaluation's own."""
    movies, train, test = named(files, *_MOVIES), named(files, _TRAIN), named(files, _TEST)
    if movies is None or train is None or test is None:
        wanted = {_TRAIN: train, _TEST: test, " or ".join(_MOVIES): movies}
        lacking = [name for name, file in wanted.items() if file is None]
        raise missing_files("yahoo-movies", lacking, files)
    return ResearchSet(
        Reading((movies,), partial(rows_of_file, _movie, can_be_latin_1=True)),
        Reading((train, test), partial(rows_of_file, _rating)),
    )


def _movie(line: Line) -> tuple[Item]:
    found = [None if value in ("", _NOTHING) else value for value in line.text.split("\t")]
    if len(found) <= _GENRES:
        raise BrokenLineError(f"the line has not {_GENRES + 1} columns or more")
    movie, title, synopsis, genres = found[0], found[1], found[2], found[_GENRES]
    return (Item(whole_number(movie or "", "the movie"), title, synopsis, genres),)


def _rating(line: Line) -> tuple[Interaction]:
    user, movie, _of_13, of_5 = columns("\t", 4, line.text)
    rating = number(of_5, "the converted rating")
    event = Interaction(
        whole_number(user, "the user"), whole_number(movie, "the movie"), rating, None
    )
    return (event,)
