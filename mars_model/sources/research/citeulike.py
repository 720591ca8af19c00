"""CiteULike-a and CiteULike-t: who has which article in a library; every entry is a like.

Source: the READMEs of github.com/js05212/citeulike-a and citeulike-t. Line u of `users.dat` is
user u's number of articles and then their ids; users and articles count from 0. Texts of -a are
in `raw-data.csv`: doc.id, title, citeulike.id, raw.title, raw.abstract with a header row, doc.id
from 1, Latin-1. Those of -t are in `rawtext.dat`: a line that begins with # before each article's
line, in order. Tags, where they are there, are an article's genres: `tags.dat` names one a line,
line i of -a's `item-tag.dat` has the number of tags of article i and the tags, line t of -t's
`tag-item.dat` that of the articles of tag t and the articles. The tags are held in memory.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from mars_model.errors import InputDataError
from mars_model.sources.lines import Line, read_lines
from mars_model.sources.research.citeulike_texts import Tags, read_raw_data, read_rawtext
from mars_model.sources.research.fields import whole_number
from mars_model.sources.research.records import (
    Broken,
    BrokenLineError,
    Interaction,
    Row,
    rows_of_file,
)
from mars_model.sources.research.set_files import Reading, ResearchSet, missing_files, named


def open_set(files: Sequence[Path]) -> ResearchSet:
    """-a where raw-data.csv is there, -t where rawtext.dat is."""
    users, names = named(files, "users.dat"), named(files, "tags.dat")
    raw_data, rawtext = named(files, "raw-data.csv"), named(files, "rawtext.dat")
    if raw_data and rawtext:
        raise InputDataError(
            f"format citeulike: {raw_data.name} belongs to citeulike-a and {rawtext.name} to "
            "citeulike-t. Name the files of one with --from FILE --from FILE"
        )
    texts = raw_data or rawtext
    if users is None or texts is None:
        wanted = {"users.dat": users, "raw-data.csv or rawtext.dat": texts}
        raise missing_files("citeulike", [n for n, file in wanted.items() if not file], files)
    links = named(files, "item-tag.dat" if raw_data else "tag-item.dat")
    tag_files = (names, links) if names and links else None
    read_texts = read_raw_data if raw_data else read_rawtext
    return ResearchSet(
        Reading((texts,), partial(_read_articles, read_texts, tag_files, bool(raw_data))),
        Reading((users,), partial(rows_of_file, _library)),
        has_ratings=False,
        other_files=tag_files or (),
    )


def _library(line: Line) -> list[Interaction]:
    user = str(line.number - 1)
    return [Interaction(user, article, None, None) for article in _numbers(line.text)]


def _read_articles(
    read_texts: Callable[[Path, Tags], Iterator[Row | Broken]],
    tag_files: tuple[Path, Path] | None,
    is_by_article: bool,
    path: Path,
) -> Iterator[Row | Broken]:
    tags: dict[str, list[str]] = {}
    if tag_files:
        names_file, links_file = tag_files
        yield from _collect_tags(names_file, links_file, is_by_article, tags)
    yield from read_texts(path, tags)


def _collect_tags(
    names_file: Path, links_file: Path, is_by_article: bool, tags: dict[str, list[str]]
) -> Iterator[Row | Broken]:
    """Fill `tags` by article; yields only the lines that say nothing."""
    names = [line.text.strip() for line in read_lines(names_file, can_be_latin_1=True)]

    def collect(line: Line) -> tuple[Row, ...]:
        for number in _numbers(line.text):
            article, tag = line.number - 1, int(number)
            if not is_by_article:
                article, tag = tag, article
            if not 0 <= tag < len(names):
                raise BrokenLineError(f"a tag that is not in {names_file.name}")
            tags.setdefault(str(article), []).append(names[tag])
        return ()

    return rows_of_file(collect, links_file)


def _numbers(text: str) -> list[str]:
    """The ids of a line that begins with how many there are; a blank line has none."""
    n, *ids = text.split() or ["0"]
    if whole_number(n, "the number of ids") != str(len(ids)):
        raise BrokenLineError("the line has not as many ids as it says")
    return [whole_number(each, "an id") for each in ids]
