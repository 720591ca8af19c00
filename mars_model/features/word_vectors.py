"""Word vectors that somebody trained elsewhere, from a text file: word2vec's, GloVe's, fastText's.

One word a line, its numbers behind it; word2vec and fastText put the numbers of words and of
entries in a line of their own first. The file is read line by line, so its size does not matter.
"""

import gzip
import math
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from mars_model.errors import InputDataError, SettingsError


def read_word_vectors(path: Path, words: Sequence[str]) -> NDArray[np.float32]:
    """Return the vectors of some words, `[len(words) + 1, D]`: row i for words[i - 1], row 0 zero.

    A word is found as it stands, else by the first of the file's that is the same in lower case;
    one that the file does not have keeps zeros. A file that ends in .gz is unpacked on the way.
    Raises SettingsError where there is no such file, InputDataError where it is none of word
    vectors, is cut short, or has none of the words.
    """
    rows = {word: row for row, word in enumerate(words, start=1)}
    found: NDArray[np.float32] | None = None
    as_it_stands: set[int] = set()  # rows whose word was found letter by letter
    for n_line, size, word, numbers in _entries(path):
        if found is None:
            found = np.zeros((len(words) + 1, size), dtype=np.float32)
        row = row_as_it_stands = rows.get(word, 0)
        if not row:
            row = rows.get(unicodedata.normalize("NFC", word.lower()), 0)
        if not row or row in as_it_stands or (not row_as_it_stands and found[row].any()):
            continue
        vector = _numbers(path, n_line, size, numbers)
        if vector is not None:
            found[row] = vector
            if row_as_it_stands:
                as_it_stands.add(row)
    if found is None:
        raise InputDataError(f"word vectors {path}: found an empty file, expected a word a line")
    if words and not found.any():
        raise InputDataError(
            f"word vectors {path}: has none of the {len(words):,} words of the items' texts, such "
            f"as {words[0]!r}. Give vectors of the texts' language, in UTF-8"
        )
    return found


def stamp_of(path: Path) -> str:
    """The file's name, size and time of change: another file there is seen by them.

    Raises SettingsError where there is none.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise _no_file(path) from error
    return f"{path.name}, {found.st_size} bytes, changed at {found.st_mtime_ns}"


def _no_file(path: Path) -> SettingsError:
    return SettingsError(f"word vectors {path}: there is no such file. Correct model.word_vectors")


def _entries(path: Path) -> Iterator[tuple[int, int, str, bytes]]:
    """Number of the line, entries of a vector, the word, and its numbers as they stand."""
    size = n_expected = n_words = 0
    try:
        with _open(path) as file:
            for n_line, line in enumerate(file, start=1):
                head, _, numbers = line.strip(b" \t\r\n").replace(b"\t", b" ").partition(b" ")
                if n_line == 1:
                    if head.isdigit() and numbers.strip().isdigit():
                        n_expected, size = int(head), int(numbers)
                        continue
                    size = len(numbers.split())
                if not 2 <= size <= 100_000:
                    raise InputDataError(
                        f"word vectors {path}, line 1: expected a word and its numbers, or how "
                        "many words and numbers there are. Give a text file of word2vec, GloVe "
                        "or fastText; word2vec's .bin has to be written as text first"
                    )
                n_words += 1
                yield n_line, size, head.decode("utf-8", "replace"), numbers
    except FileNotFoundError as error:
        raise _no_file(path) from error
    except (OSError, EOFError, zlib.error) as error:
        raise InputDataError(f"word vectors {path}: cannot be read: {error}") from error
    if n_words < n_expected:
        raise InputDataError(
            f"word vectors {path}: ends after {n_words:,} of {n_expected:,} words. Fetch it again"
        )


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _numbers(path: Path, n_line: int, size: int, numbers: bytes) -> list[float] | None:
    """The numbers of a line; None where more words stand in front of them: it is no single word."""
    texts = numbers.split()
    if len(texts) > size:
        return None
    try:
        vector = [float(text) for text in texts]
    except ValueError:
        vector = []
    if len(vector) < size or not all(map(math.isfinite, vector)):
        raise InputDataError(
            f"word vectors {path}, line {n_line:,}: expected a word and {size} numbers. Fetch the "
            "file again, or write it as text"
        )
    return vector
