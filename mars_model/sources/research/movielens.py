"""MovieLens: 100K (u.data), 1M and 10M (.dat), latest, 20M, 25M and 32M (.csv).

Source: the README of each set, files.grouplens.org/datasets/movielens. `u.data` is user, item,
rating and Unix seconds between tabs; `u.item` has 24 fields between `|`, the last 19 of them
flags of genres in the order of `u.genre`. `ratings.dat` is user::movie::rating::seconds,
`movies.dat` movie::title::genres. The .csv files hold the same with a header row, quoted as in
RFC 4180. 100K and 1M are Latin-1, the later ones UTF-8. None has descriptions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mars_model.errors import InputDataError
from mars_model.sources.lines import Line
from mars_model.sources.research.fields import (
    columns,
    csv_columns,
    microseconds,
    number,
    whole_number,
)
from mars_model.sources.research.records import Interaction, Item, Row, rows_of_file
from mars_model.sources.research.set_files import Reading, ResearchSet, missing_files, named

_NO_GENRES = "(no genres listed)"
_GENRES_100K = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
    *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
_HEADERS = ("userId,movieId,rating,timestamp", "movieId,title,genres")


@dataclass(frozen=True)
class _Layout:
    """The names of both files, and how a line becomes its columns."""

    ratings: str
    movies: str
    split_rating: Callable[[str], list[str]]  # user, movie, rating, seconds
    split_movie: Callable[[str], list[str]]  # movie, title, genres between |


def open_set(files: Sequence[Path]) -> ResearchSet:
    """The one layout both of whose files are there."""
    found = [(each, named(files, each.ratings), named(files, each.movies)) for each in _LAYOUTS]
    whole = [(each, ratings, movies) for each, ratings, movies in found if ratings and movies]
    if len(whole) > 1:
        names = ", ".join(file.name for _, *both in whole for file in both)
        raise InputDataError(
            f"format movielens: {names} belong to more than one set. Name the two files of one "
            "with --from FILE --from FILE"
        )
    if not whole:
        lacking = [
            each.movies if ratings else each.ratings
            for each, ratings, movies in found
            if ratings or movies
        ]
        pairs = " or ".join(f"{each.ratings} with {each.movies}" for each in _LAYOUTS)
        raise missing_files("movielens", lacking or [pairs], files)
    ((layout, ratings, movies),) = whole
    return ResearchSet(
        _reading(movies, partial(_movie, layout)), _reading(ratings, partial(_rating, layout))
    )


def _reading(file: Path, parse: Callable[[str], Row]) -> Reading:
    def parse_line(line: Line) -> tuple[Row, ...]:
        is_header = line.number == 1 and line.text.replace('"', "") in _HEADERS
        return () if is_header else (parse(line.text),)

    return Reading((file,), partial(rows_of_file, parse_line, can_be_latin_1=True))


def _rating(layout: _Layout, text: str) -> Interaction:
    user, movie, rating, seconds = layout.split_rating(text)
    return Interaction(
        whole_number(user, "the user"),
        whole_number(movie, "the movie"),
        number(rating, "the rating"),
        microseconds(seconds, "the timestamp"),
    )


def _movie(layout: _Layout, text: str) -> Item:
    movie, title, genres = layout.split_movie(text)
    listed = "" if genres == _NO_GENRES else genres
    return Item(whole_number(movie, "the movie"), title or None, None, listed or None)


def _split_item_100k(text: str) -> list[str]:
    movie, title, _released, _video, _url, *flags = columns("|", 24, text)
    raised = [genre for genre, flag in zip(_GENRES_100K, flags, strict=True) if flag == "1"]
    return [movie, title, "|".join(raised)]


# No field of the .csv files goes over a line's end, so an open quote is a mistake.
_LAYOUTS = (
    _Layout("u.data", "u.item", partial(columns, "\t", 4), _split_item_100k),
    _Layout("ratings.dat", "movies.dat", partial(columns, "::", 4), partial(columns, "::", 3)),
    _Layout("ratings.csv", "movies.csv", partial(csv_columns, 4), partial(csv_columns, 3)),
)
