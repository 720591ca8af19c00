"""Text of files: decompressed, decoded strictly, with the place of what is no text."""

import bz2
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
from charset_normalizer import from_bytes

from mars_model.errors import InputDataError
from mars_model.sources.data_files import packing

_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_SAMPLE_BYTES = 1 << 16


class TextFile:
    """A file that is being read: its text, and how many of its bytes are behind us."""

    def __init__(self, raw: BufferedReader, text: TextIOWrapper) -> None:
        self._raw, self.text = raw, text

    @property
    def n_bytes_read(self) -> int:
        """Of the file as it lies there, compressed or not."""
        return self._raw.tell()


@contextmanager
def opened(path: Path, encoding: str) -> Iterator[TextFile]:
    """A file's text, lines with their ends as they stand, without a byte order mark.

    Raises InputDataError, also while it is read, where the file is cut off, is not compressed as
    its ending says, or is not text of this encoding: with the line and the byte.
    """
    if not path.stat().st_size:
        raise InputDataError(
            f"file {path}: has 0 bytes, not even a heading. Was its export cut off?"
        )
    try:
        with path.open("rb") as raw, _unpacked(raw, path) as plain:
            _refuse_other_marks(plain, path, encoding)
            coded = "utf-8-sig" if encoding.lower().replace("_", "-") == "utf-8" else encoding
            with TextIOWrapper(plain, coded, errors="strict", newline="") as text:
                yield TextFile(raw, text)
    except UnicodeError as error:
        raise InputDataError(_what_is_no_text(path, encoding)) from error
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise InputDataError(
            f"file {path}: cannot be read: {reason}. Check that it is whole, and that its ending "
            "says what it is"
        ) from error


def _unpacked(raw: BufferedReader, path: Path) -> BufferedReader:
    kind = packing(path)
    if kind == "gz":
        return BufferedReader(cast("BufferedReader", gzip.GzipFile(fileobj=raw)))
    if kind == "bz2":
        return BufferedReader(cast("BufferedReader", bz2.BZ2File(raw)))
    if kind == "zst":
        return BufferedReader(pa.CompressedInputStream(pa.PythonFile(raw), "zstd"))
    return raw


def _refuse_other_marks(plain: BufferedReader, path: Path, encoding: str) -> None:
    start = plain.peek(4)[:4]
    found = _MARKS.get(start[:2])
    if found and not encoding.lower().startswith("utf-16"):
        raise InputDataError(
            f"file {path}: begins as {found} text, expected {encoding}. Say --encoding {found}"
        )


def _what_is_no_text(path: Path, encoding: str) -> str:
    """The sentence with the first place that is not of the encoding, and a guess of what it is."""
    with path.open("rb") as raw, _unpacked(raw, path) as plain:
        line, column, byte = _first_undecodable(plain, encoding)
    with path.open("rb") as raw, _unpacked(raw, path) as plain:
        guess = _guess(plain)
    offer = f"it looks like {guess}: say --encoding {guess}" if guess else "say its --encoding"
    return (
        f"file {path} line {line:,}, byte {column:,}: {byte} is no {encoding} text; {offer}, or "
        f"write it as UTF-8"
    )


def _first_undecodable(plain: BinaryIO, encoding: str) -> tuple[int, int, str]:
    """Line and byte in it, both from 1, and the byte; the last line where it cannot be told."""
    number = 0
    for number, line in enumerate(plain, start=1):
        try:
            line.decode(encoding)
        except UnicodeDecodeError as error:
            return number, error.start + 1, f"0x{line[error.start]:02x}"
    return number, 1, "its end"


def _guess(plain: BinaryIO) -> str | None:
    """What the bytes around the first letters beyond ASCII look like."""
    held = b""
    for line in plain:
        held += b"" if line.isascii() else line
        if len(held) >= _SAMPLE_BYTES:
            break
    best = from_bytes(held).best()
    return None if best is None or best.encoding == "utf_8" else best.encoding.replace("_", "-")
