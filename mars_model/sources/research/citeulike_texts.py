"""What CiteULike's articles say: raw-data.csv of -a, rawtext.dat of -t (citeulike.py: sources)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from mars_model.sources.lines import MAX_LINE_BYTES, Line, read_lines
from mars_model.sources.research.fields import csv_columns, whole_number
from mars_model.sources.research.records import Broken, Item, Row, broken, rows_of_lines

_RECORD_START = re.compile(r'"?[0-9]+"?,\S')  # doc.id and the next column
_MARK = re.compile(r"#+\s*[0-9]*\s*")

# The names of an article's tags.
Tags = Mapping[str, Sequence[str]]


def read_raw_data(path: Path, tags: Tags) -> Iterator[Row | Broken]:
    """Articles of raw-data.csv. Their ids count from 1 there, and from 0 everywhere else."""
    lines = read_lines(path, can_be_latin_1=True)
    return rows_of_lines(path, _records(lines), partial(_article, tags))


def read_rawtext(path: Path, tags: Tags) -> Iterator[Row | Broken]:
    """Articles of rawtext.dat, in order: a mark and then the text, on a line each.

    A damaged line counts as what should stand there, so that the articles behind it keep their
    ids.
    """
    article, is_marked = -1, False
    for line in read_lines(path, can_be_latin_1=True):
        if line.damage is not None:
            yield broken(path, line, line.damage)
            article, is_marked = article + (not is_marked), not is_marked
        elif not is_marked and line.text.startswith("#"):
            article, is_marked = article + 1, True
        elif is_marked and _MARK.fullmatch(line.text):
            yield broken(path, line, "a mark where the article's text should be")
            article += 1
        elif is_marked:
            yield _item(article, None, line.text, tags)
            is_marked = False
        elif line.text.strip():
            yield broken(path, line, "text without a line that begins with # before it")


def _records(lines: Iterator[Line]) -> Iterator[Line]:
    """Rows of a CSV file whose quoted fields may go over lines, by the number of their first.

    Where a quote is not closed before the next row begins, only its own row is lost.
    """
    held: list[Line] = []
    for line in lines:
        if held and (line.damage is not None or _RECORD_START.match(line.text)):
            yield held[0]._replace(damage="the quotes of the row are not closed")
            held = []
        if line.damage is not None:
            yield line
            continue
        held.append(line)
        text = "\n".join(each.text for each in held)
        if text.count('"') % 2 == 0:
            yield Line(held[0].number, text)
            held = []
        elif len(text) > MAX_LINE_BYTES:
            yield held[0]._replace(damage=f"the row is longer than {MAX_LINE_BYTES:,} characters")
            held = []
    if held:
        yield held[0]._replace(damage="the quotes of the row are not closed")


def _article(tags: Tags, record: Line) -> tuple[Item, ...]:
    if record.number == 1 and "doc.id" in record.text:
        return ()
    doc_id, plain_title, _citeulike_id, title, abstract = csv_columns(5, record.text, "row")
    return (_item(int(whole_number(doc_id, "doc.id")) - 1, title or plain_title, abstract, tags),)


def _item(article: int, title: str | None, text: str, tags: Tags) -> Item:
    item_id = str(article)
    return Item(
        item_id, title or None, text.strip() or None, "|".join(tags.get(item_id, ())) or None
    )
