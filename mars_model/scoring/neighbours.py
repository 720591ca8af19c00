"""Makes neighbour lists: for a liked item the T items with the largest `relevance + bias`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.scoring.compiled import compiled
from mars_model.scoring.sessions import Relevance

# A piece of relevance that stays in the cache: 1 MB.
_ROWS, _COLUMNS = 128, 2048
_STEP = 32


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
    n_lists, room = len(memory), 2 * length
    found = Neighbours(
        np.full((n_lists, length), -1, dtype=np.int32),
        np.full((n_lists, length), -np.inf, dtype=np.float32),
        np.full(n_lists, -np.inf, dtype=np.float32),
        np.full(n_lists, np.inf, dtype=np.float32),
        np.full(n_lists, -np.inf, dtype=np.float32),
    )
    for start in range(0, n_lists, _ROWS):
        rows = slice(start, min(start + _ROWS, n_lists))
        some = np.ascontiguousarray(memory[rows])
        values = np.empty((len(some), room), dtype=np.float32)
        positions = np.empty((len(some), room), dtype=np.int32)
        n_held = np.zeros(len(some), dtype=np.int64)
        for first in range(0, len(candidates), _COLUMNS):
            columns = slice(first, first + _COLUMNS)
            piece = relevance(some, np.ascontiguousarray(candidates[columns]))
            _take_in(
                piece,
                np.asarray(item_bias[columns]),
                first,
                length,
                values,
                positions,
                n_held,
                *(part[rows] for part in (found.floors, found.lowest, found.highest)),
            )
        for row in range(len(some)):
            n = min(length, n_held[row])
            _select(values[row], positions[row], n_held[row], length)
            if n_held[row] > length:
                left_out = values[row, length : n_held[row]].max()
                found.floors[start + row] = max(found.floors[start + row], left_out)
            order = np.argsort(-values[row, :n])
            found.values[start + row, :n] = values[row, order]
            found.positions[start + row, :n] = positions[row, order]
    return found


@compiled
def _take_in(
    piece: NDArray[np.float32],
    item_bias: NDArray[np.float32],
    first: int,
    length: int,
    values: NDArray[np.float32],
    positions: NDArray[np.int32],
    n_held: NDArray[np.int64],
    floors: NDArray[np.float32],
    lowest: NDArray[np.float32],
    highest: NDArray[np.float32],
) -> None:
    """Add a piece [R, C] of relevance to the rows' candidates for their lists.

    A row holds up to 2T of them; when it is full, the lower half goes and the floor rises.
    """
    n_columns = piece.shape[1]
    for r in range(len(piece)):
        row = piece[r]
        low, high = lowest[r], highest[r]
        for begin in range(0, n_columns, _STEP):
            end = min(begin + _STEP, n_columns)
            top = np.float32(-np.inf)
            for c in range(begin, end):
                low = min(low, row[c])
                high = max(high, row[c])
                top = max(top, row[c] + item_bias[c])
            if top <= floors[r]:
                continue
            for c in range(begin, end):
                value = row[c] + item_bias[c]
                if value > floors[r]:
                    values[r, n_held[r]] = value
                    positions[r, n_held[r]] = first + c
                    n_held[r] += 1
                    if n_held[r] == values.shape[1]:
                        _select(values[r], positions[r], n_held[r], length)
                        n_held[r] = length
                        floors[r] = max(floors[r], values[r, length:].max())
        lowest[r], highest[r] = low, high


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


def extend_neighbours(
    held: Neighbours,
    relevance: NDArray[np.float32],
    item_bias: NDArray[np.float32],
    changed: NDArray[np.int32],
) -> Neighbours:
    """The lists with the items `changed` [D] taken out and, by `relevance` [L, D], put in anew.

    A value that falls off the end raises the floor, as does one below it that was never listed.
    """
    length = held.values.shape[1]
    is_stale = np.isin(held.positions, changed)
    old = np.where(is_stale, -np.inf, held.values)
    new = relevance + item_bias
    # Below the floor nothing is listed: what the list leaves out reaches up to there already.
    new[new <= held.floors[:, None]] = -np.inf
    values = np.concatenate([old, new], axis=1)
    positions = np.concatenate(
        [np.where(is_stale, -1, held.positions), np.broadcast_to(changed, new.shape)], axis=1
    )
    order = np.argsort(-values, axis=1, kind="stable")
    values = np.take_along_axis(values, order, axis=1)
    positions = np.take_along_axis(positions, order, axis=1)
    positions[np.isneginf(values)] = -1
    floors = held.floors
    if values.shape[1] > length:
        floors = np.maximum(floors, values[:, length])
    return Neighbours(
        np.ascontiguousarray(positions[:, :length], dtype=np.int32),
        np.ascontiguousarray(values[:, :length]),
        floors,
        np.minimum(held.lowest, relevance.min(axis=1, initial=np.inf)),
        np.maximum(held.highest, relevance.max(axis=1, initial=-np.inf)),
    )
