"""Makes neighbour lists: for a liked item the T items with the largest `relevance + bias`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.scoring.compiled import compiled
from mars_model.scoring.sessions import Relevance

# A piece of relevance that stays in the cache: 1 MB. Columns come in words of _WORD booleans.
_ROWS, _COLUMNS, _WORD = 128, 2048, 8
# Candidates from which is guessed where a list will end.
_SAMPLE = 4096


@dataclass(frozen=True)
class Neighbours:
    """Lists of L items, by value descending; shapes as in `NeighbourLists`.

    `positions` [L, T] are rows of the items that were looked at, −1 behind a list's end.
    """

    positions: NDArray[np.int32]
    values: NDArray[np.float32]
    floors: NDArray[np.float32]  # −inf where nothing was left out
    lowest: NDArray[np.float32]
    highest: NDArray[np.float32]


def find_neighbours(
    relevance: Relevance,
    memory: NDArray[np.float32],
    candidates: NDArray[np.float32],
    item_bias: NDArray[np.float32],
    length: int,
) -> Neighbours:
    """Lists of the liked items `memory` [L, K] among `candidates` [C, K], in bounded memory."""
    n_lists = len(memory)
    found = Neighbours(
        np.empty((n_lists, length), dtype=np.int32),
        np.empty((n_lists, length), dtype=np.float32),
        *(np.empty(n_lists, dtype=np.float32) for _ in range(3)),
    )
    stride = max(1, len(candidates) // _SAMPLE)
    sample, sample_bias = np.ascontiguousarray(candidates[::stride]), item_bias[::stride]
    # Of a sample's values that reach into a list, twice as many: few lists come out short.
    n_above = 2 * length // stride + 2
    for start in range(0, n_lists, _ROWS):
        rows = np.arange(start, min(start + _ROWS, n_lists))
        some = np.ascontiguousarray(memory[rows])
        floors = _nth_largest(relevance(some, sample) + sample_bias, n_above)
        _find(relevance, some, candidates, item_bias, floors, found, rows)
        is_short = (found.positions[rows, -1] < 0) & ~np.isneginf(floors)
        if is_short.any():
            floors = np.full(is_short.sum(), -np.inf, dtype=np.float32)
            again = some[is_short]
            _find(relevance, again, candidates, item_bias, floors, found, rows[is_short])
    return found


def _nth_largest(values: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """Of each row; −inf where it has not so many."""
    n_columns = values.shape[1]
    if n > n_columns:
        return np.full(len(values), -np.inf, dtype=np.float32)
    return np.partition(values, n_columns - n, axis=1)[:, n_columns - n].copy()


def _find(
    relevance: Relevance,
    memory: NDArray[np.float32],
    candidates: NDArray[np.float32],
    item_bias: NDArray[np.float32],
    floors: NDArray[np.float32],
    found: Neighbours,
    rows: NDArray[np.int64],
) -> None:
    """The lists of `memory` into `rows` of `found`; only what is above `floors` is looked for.

    A row holds up to 2T candidates for its list; when there is no room the lower half goes and the
    row's floor rises.
    """
    n_lists, length = len(memory), found.values.shape[1]
    room = 2 * length + _WORD
    values = np.empty((n_lists, room), dtype=np.float32)
    positions = np.empty((n_lists, room), dtype=np.int32)
    n_held = np.zeros(n_lists, dtype=np.int64)
    lowest = np.full(n_lists, np.inf, dtype=np.float32)
    highest = np.full(n_lists, -np.inf, dtype=np.float32)
    is_above = np.zeros((n_lists, _COLUMNS), dtype=np.bool_)
    for first in range(0, len(candidates), _COLUMNS):
        columns = slice(first, first + _COLUMNS)
        piece = relevance(memory, np.ascontiguousarray(candidates[columns]))
        np.minimum(lowest, piece.min(axis=1), out=lowest)
        np.maximum(highest, piece.max(axis=1), out=highest)
        piece += item_bias[columns]
        is_above[:, piece.shape[1] :] = False
        np.greater(piece, floors[:, None], out=is_above[:, : piece.shape[1]])
        words = is_above.view(np.uint64)
        _take_in(piece, words, first, length, values, positions, n_held, floors)
    _cut(values, positions, n_held, floors, length)
    values, positions = values[:, :length], positions[:, :length]
    is_empty = np.arange(length) >= n_held[:, None]
    values[is_empty], positions[is_empty] = -np.inf, -1
    order = np.argsort(-values, axis=1, kind="stable")
    found.values[rows] = np.take_along_axis(values, order, axis=1)
    found.positions[rows] = np.take_along_axis(positions, order, axis=1)
    found.floors[rows], found.lowest[rows], found.highest[rows] = floors, lowest, highest


@compiled
def _take_in(
    values_of: NDArray[np.float32],
    words: NDArray[np.uint64],
    first: int,
    length: int,
    values: NDArray[np.float32],
    positions: NDArray[np.int32],
    n_held: NDArray[np.int64],
    floors: NDArray[np.float32],
) -> None:
    """Add what is above the floors of a piece [R, C] to what the rows hold.

    A word is 0 where nothing of its _WORD columns was above the floor that its row began with.
    """
    n_columns = values_of.shape[1]
    for r in range(len(values_of)):
        n, floor = n_held[r], floors[r]
        for word in range(words.shape[1]):
            if words[r, word] == 0:
                continue
            if n + _WORD > values.shape[1]:
                floor = _cut_row(values[r], positions[r], n, floor, length)
                n = length
            for c in range(_WORD * word, min(_WORD * word + _WORD, n_columns)):
                # Written in any case, and kept by counting it: no branch to mispredict.
                values[r, n] = values_of[r, c]
                positions[r, n] = first + c
                n += values_of[r, c] > floor
        n_held[r], floors[r] = n, floor


@compiled
def _cut(
    values: NDArray[np.float32],
    positions: NDArray[np.int32],
    n_held: NDArray[np.int64],
    floors: NDArray[np.float32],
    length: int,
) -> None:
    """Leave no row with more than `length` values."""
    for r in range(len(values)):
        if n_held[r] > length:
            floors[r] = _cut_row(values[r], positions[r], n_held[r], floors[r], length)
            n_held[r] = length


@compiled
def _cut_row(
    values: NDArray[np.float32],
    positions: NDArray[np.int32],
    n_held: int,
    floor: np.float32,
    length: int,
) -> np.float32:
    """Move a row's `length` largest to the front; the floor is then the largest left out."""
    _select(values, positions, n_held, length)
    for value in values[length:n_held]:
        floor = max(floor, value)
    return floor


@compiled
def _select(
    values: NDArray[np.float32], positions: NDArray[np.int32], n_held: int, length: int
) -> None:
    """Move the `length` largest of the first `n_held` values to the front, in any order."""
    left, right = 0, n_held - 1
    while n_held > length and left < right:
        pivot = values[(left + right) // 2]
        i, j = left, right
        while i <= j:
            while values[i] > pivot:
                i += 1
            while values[j] < pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                positions[i], positions[j] = positions[j], positions[i]
                i += 1
                j -= 1
        if length - 1 <= j:
            right = j
        elif length - 1 >= i:
            left = i
        else:
            break
