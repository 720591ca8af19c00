"""Words ↔ ids. It belongs to the bundle, so an old model can always read new text."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mars_model.bundle.sealed_file import BadFileError

PADDING = 0


@dataclass(frozen=True)
class Vocabulary:
    """Words by id from 1; 0 is padding. Words it does not know are dropped."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, documents: Iterable[Iterable[str]], min_occurrences: int) -> "Vocabulary":
        """Words seen at least so often in these documents, most frequent first, ties by word."""
        counts = Counter(chain.from_iterable(documents))
        kept = sorted((-n, word) for word, n in counts.items() if n >= min_occurrences)
        return cls(tuple(word for _, word in kept))

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {word: idx for idx, word in enumerate(self.words, start=1)}

    def encode(
        self, documents: Sequence[Iterable[str]], max_words: int, window: int
    ) -> NDArray[np.int64]:
        """Word ids [D, L], padded at the end; L is the longest document's, at least `window`.

        Of each document the first `max_words` known words count.
        """
        ids = self._ids
        rows = [[ids[word] for word in words if word in ids][:max_words] for words in documents]
        longest = max([window, *map(len, rows)])
        encoded = np.full((len(rows), longest), PADDING, dtype=np.int64)
        for row, known in zip(encoded, rows, strict=True):
            row[: len(known)] = known
        return encoded

    def write(self, path: Path) -> None:
        """One word a line, in the order of the ids."""
        path.write_text("".join(word + "\n" for word in self.words), encoding="utf-8")

    @classmethod
    def parse(cls, content: bytes) -> "Vocabulary":
        """The inverse of `write`, from a file's bytes. Words are letters only, so a line is a word.

        Raises BadFileError where they are no text, or hold a word twice or no word in a line.
        """
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadFileError(f"is no UTF-8 ({error.reason} at byte {error.start})") from error
        *words, rest = text.split("\n")
        if rest or "" in words or len({*words}) < len(words):
            raise BadFileError("does not hold one word a line, each of them once")
        return cls(tuple(words))
