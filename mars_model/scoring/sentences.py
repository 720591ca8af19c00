"""Claims as sentences that a person reads, with titles."""

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mars_model.settings import SentenceSettings

_PLACEHOLDER = re.compile(r"\{(verb|first|second)\}")


@dataclass(frozen=True)
class Titles:
    """What I items are called, as one run of UTF-8 bytes, so that workers can map it."""

    ends: NDArray[np.int64]  # [I+1] where each title begins, and the last one's end
    utf8: NDArray[np.uint8]

    @classmethod
    def of(cls, titles: pa.Array, item_ids: pa.Array) -> "Titles":
        """Titles [I] without surrounding blanks; where there is none, the item's id."""
        trimmed = pc.utf8_trim(titles.cast(pa.large_string()), characters=" ")
        has_title = pc.fill_null(pc.greater(pc.utf8_length(trimmed), 0), False)
        named = pc.if_else(has_title, trimmed, item_ids.cast(pa.large_string()))
        if isinstance(named, pa.ChunkedArray):
            named = named.combine_chunks()
        _, ends, utf8 = named.buffers()
        first = named.offset
        return cls(
            np.frombuffer(ends, dtype=np.int64)[first : first + len(named) + 1].copy(),
            np.frombuffer(utf8, dtype=np.uint8).copy() if utf8 else np.zeros(0, dtype=np.uint8),
        )

    def take(self, item_idx: NDArray[np.integer]) -> pa.Array:
        """The titles of some items, −1: null."""
        buffers = [None, pa.py_buffer(self.ends), pa.py_buffer(self.utf8)]
        titles = pa.Array.from_buffers(pa.large_string(), len(self.ends) - 1, buffers)
        return titles.take(pa.array(item_idx, mask=np.asarray(item_idx) < 0))


def write_sentences(
    settings: SentenceSettings, kinds: pa.Array, first: pa.Array, second: pa.Array
) -> pa.Array:
    """A sentence for each of so many rows.

    `kinds` are of REASON_KINDS; `first` and `second` the titles of the named likes, null where so
    many are not named.
    """
    has_first, has_second = pc.is_valid(first), pc.is_valid(second)
    is_likes = pc.equal(kinds, "likes")
    is_taste = pc.equal(kinds, "taste")
    cases = [
        (pc.and_(is_likes, has_second), settings.two_likes),
        (is_likes, settings.one_like),
        (pc.and_(is_taste, has_second), settings.taste_two),
        (pc.and_(is_taste, has_first), settings.taste_one),
        (is_taste, settings.taste),
        (pc.equal(kinds, "popularity"), settings.popularity),
    ]
    conditions = pa.StructArray.from_arrays(
        [condition for condition, _ in cases], [str(place) for place in range(len(cases))]
    )
    written = [_fill(text, settings.verb, first, second) for _, text in cases]
    return pc.case_when(conditions, *written).cast(pa.string())


def _fill(template: str, verb: str, first: pa.Array, second: pa.Array) -> pa.Array | pa.Scalar:
    """The template in every row, null where a title that it names is; one where it names none."""
    parts = _PLACEHOLDER.split(template)
    titles = {"first": first, "second": second}
    # Every second part is a placeholder's name.
    values = [titles.get(name, verb) for name in parts[1::2]]
    pieces = [piece for pair in zip(parts[::2], [*values, ""], strict=True) for piece in pair]
    texts = [
        pa.scalar(piece, pa.large_string()) if isinstance(piece, str) else piece
        for piece in (*pieces, "")
    ]
    return pc.binary_join_element_wise(*texts)
