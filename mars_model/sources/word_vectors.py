"""Word vectors that somebody trained elsewhere, from a text file: word2vec's, GloVe's, fastText's.

One word a line, its numbers behind it; word2vec and fastText put the numbers of words and of
entries in a line of their own first. The file is read line by line, so its size does not matter.
"""

import math
import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mars_model.errors import InputDataError, SettingsError
from mars_model.sources.lines import read_lines

_COUNTS = re.compile(r"\s*(\d{1,12})\s+(\d{1,6})\s*", re.ASCII)
_MAX_SIZE = 100_000  # numbers of a word
_FETCH = "Fetch the file again, or write it as text anew"


def read_word_vectors(path: Path, words: Sequence[str]) -> NDArray[np.float32]:
    """Return the vectors of some words, `[len(words) + 1, D]`: row i for words[i - 1], row 0 zero.

    A word is found as it stands, else by the first of the file's that is the same in lower case;
    one that the file does not have keeps zeros. A file in gzip is unpacked on the way.
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
    found = _stat(path)
    return f"{path.name}, {found.st_size} bytes, changed at {found.st_mtime_ns}"


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise SettingsError(
            f"word vectors {path}: there is no such file. Correct model.word_vectors"
        ) from error


def _entries(path: Path) -> Iterator[tuple[int, int, str, str]]:
    """Number of the line, entries of a vector, the word, and its numbers as they stand."""
    _stat(path)
    size = n_expected = n_words = 0
    for n_line, text, damage in read_lines(path, can_be_latin_1=True):
        if damage is not None:
            raise InputDataError(f"word vectors {path}, line {n_line:,}: {damage}. {_FETCH}")
        if n_line == 1 and (counts := _COUNTS.fullmatch(text)):
            n_expected, size = int(counts[1]), int(counts[2])
            continue
        word, _, numbers = text.strip(" \t").replace("\t", " ").partition(" ")
        size = size or len(numbers.split())
        if not 2 <= size <= _MAX_SIZE:
            raise InputDataError(
                f"word vectors {path}, line 1: expected a word and its numbers, or how many words "
                "and numbers there are. Give a text file of word2vec, GloVe or fastText; "
                "word2vec's .bin has to be written as text first"
            )
        n_words += 1
        yield n_line, size, word, numbers
    if n_words < n_expected:
        raise InputDataError(
            f"word vectors {path}: ends after {n_words:,} of {n_expected:,} words. {_FETCH}"
        )


def _numbers(path: Path, n_line: int, size: int, numbers: str) -> list[float] | None:
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
            f"word vectors {path}, line {n_line:,}: expected a word and {size} numbers. {_FETCH}"
        )
    return vector
