"""Numbered lines of a file, plain or gzip, in bounded memory; damage is a line of its own."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from mars_model.errors import InputDataError

MAX_LINE_BYTES = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_SHOWN_BYTES = 200


class Line(NamedTuple):
    """A line without its end; `damage` says why its text is not to be trusted."""

    number: int  # from 1
    text: str
    damage: str | None = None


def read_lines(path: Path, can_be_latin_1: bool = False) -> Iterator[Line]:
    """The lines of a file in order, at most MAX_LINE_BYTES of them in memory.

    Whether a file is gzip is read from its first bytes, since browsers unpack files and leave
    their name. Text is UTF-8; with `can_be_latin_1` a line that is not is read as Latin-1. A line
    that is too long or not UTF-8 comes with its damage, and so does the end of what can be
    decompressed. Raises InputDataError where the file cannot be read at all.
    """
    number = 0
    try:
        with _opened(path) as stream:
            while raw := stream.readline(MAX_LINE_BYTES + 1):
                number += 1
                if len(raw) > MAX_LINE_BYTES and not raw.endswith(b"\n"):
                    while (rest := stream.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                        pass
                    shown = raw[:_SHOWN_BYTES].decode("utf-8", "replace")
                    yield Line(number, shown, f"the line is longer than {MAX_LINE_BYTES:,} bytes")
                else:
                    yield _decoded(number, raw, can_be_latin_1)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        # What was decompressed of the line that the damage cuts is lost with it.
        yield Line(number + 1, "", "the compressed data is damaged or cut off from here on")
    except OSError as error:
        raise InputDataError(f"file {path}: cannot be read: {error.strerror or error}") from error


def _opened(path: Path) -> IO[bytes] | gzip.GzipFile:
    with path.open("rb") as file:
        is_gzip = file.read(2) == _GZIP_MAGIC
    return gzip.open(path) if is_gzip else path.open("rb")


def _decoded(number: int, raw: bytes, can_be_latin_1: bool) -> Line:
    raw = raw.rstrip(b"\r\n")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        if can_be_latin_1:
            return Line(number, raw.decode("latin-1"))
        shown = raw[:_SHOWN_BYTES].decode("utf-8", "replace")
        return Line(number, shown, "the line is not UTF-8")
    return Line(number, text.removeprefix("\ufeff") if number == 1 else text)
