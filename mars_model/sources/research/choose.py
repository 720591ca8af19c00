"""Picks the reader of a format and the files for it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from mars_model.errors import InputDataError
from mars_model.sources.research import amazon, citeulike, goodreads, movielens, yahoo_movies
from mars_model.sources.research.set_files import ResearchSet

_OPEN: dict[str, Callable[[Sequence[Path]], ResearchSet]] = {
    "movielens": movielens.open_set,
    "amazon": amazon.open_set,
    "goodreads": goodreads.open_set,
    "yahoo-movies": yahoo_movies.open_set,
    "citeulike": citeulike.open_set,
}
FORMATS = tuple(_OPEN)


def choose_set(kind: str, paths: Sequence[Path]) -> ResearchSet:
    """The set of a format in files, and in what lies directly in folders; nothing is read yet.

    Raises InputDataError that names every path that is not there, or every file that the format
    lacks, or the files named that are none of its own.
    """
    if gone := [str(path) for path in paths if not path.exists()]:
        raise InputDataError(f"--from {', '.join(gone)}: not found. Name files or a folder")
    given = [path for path in paths if path.is_file()]
    inside = [file for path in paths if path.is_dir() for file in sorted(path.iterdir())]
    files = list(dict.fromkeys([*given, *(file for file in inside if file.is_file())]))
    chosen = _OPEN[kind](files)
    if unused := [str(file) for file in given if file not in chosen.files]:
        raise InputDataError(
            f"--from {', '.join(unused)}: by its name no file that format {kind} reads; it would "
            f"read {', '.join(file.name for file in chosen.files)}. docs/research_data.md has the "
            "names"
        )
    return chosen
