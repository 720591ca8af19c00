"""All candidates for a block of users, in blocks that stay in the cache.

R = (H P) / (H E) + b, or with evidence R = log(H E) + b. ONNX Runtime makes E and P for a block of
candidates; the sums over histories and the selection of each user's best run here. Float32 finds a
shortlist; whether float64 could order it otherwise is decided by a bound of the error.
Source: docs/scoring.md, "Full blocks".
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mars_model.scoring.compiled import compiled
from mars_model.scoring.exact import EVIDENCE, SUM, offer

# Candidates of a block: a slot's row is 256 or 512 bytes, so a histories' sum streams whole lines.
COLUMNS = 64
# Slots are added up in runs, and the runs then: few roundings stand in each other's way.
_RUN = 256
_LINE = 64


class Users(NamedTuple):
    """A block of U users, as the kernel takes them."""

    starts: NDArray[np.int64]  # [U+1] into `rows`
    rows: NDArray[np.int32]  # of the slots' weights
    barred_starts: NDArray[np.int64]  # [U+1] into `barred`
    barred: NDArray[np.int32]  # candidates that the user must not get, ascending
    next_barred: NDArray[np.int64]  # [U] moves on with the blocks
    segments: NDArray[np.int32]  # [U] rows of `allowed`


class Shortlists(NamedTuple):
    """The best candidates so far of U users, by score descending, then position."""

    scores: NDArray[np.float32]  # [U, W], -inf behind the end
    positions: NDArray[np.int32]  # [U, W], −1 behind the end
    has_failed: NDArray[np.bool_]  # [U] whether weights vanished in float32


def aligned(n_slots: int, kind: int) -> NDArray[np.float32]:
    """Zeros for a block's weights, each row from a cache line's start.

    [n_slots, COLUMNS] with evidence, where a slot has one number for a candidate, else twice that.
    """
    width = COLUMNS if kind == EVIDENCE else 2 * COLUMNS
    n_bytes = 4 * width * n_slots
    place = np.zeros(n_bytes + _LINE, dtype=np.uint8)
    start = -place.ctypes.data % _LINE
    return place[start : start + n_bytes].view(np.float32).reshape(n_slots, width)


@compiled
def keep_best(
    users: Users,
    weighted: NDArray[np.float32],
    item_bias: NDArray[np.float32],
    first: int,
    allowed: NDArray[np.bool_],
    kind: int,
    best: Shortlists,
) -> None:
    """Take a block of candidates into every user's shortlist.

    Shapes: rows of `weighted` [I, W] hold a slot's weights, then its weighted relevance (not
    with evidence, whose shortlists are by the sum of the weights, bias within); `item_bias` those
    of the block's candidates, of which `first` is the first; `allowed` [G, C].
    """
    sums = np.empty(weighted.shape[1], dtype=np.float32)
    run = np.empty(weighted.shape[1], dtype=np.float32)
    found = np.empty(COLUMNS, dtype=np.float32) if kind != EVIDENCE else sums
    found = found[: len(item_bias)]
    for u in range(len(users.segments)):
        _add_up(users.rows, users.starts[u], users.starts[u + 1], weighted, run, sums)
        worst = best.scores[u, -1]
        n_better, n_failed = _score(sums, item_bias, kind, worst, found)
        if n_failed > 0:
            best.has_failed[u] = True
        if n_better == 0:
            continue
        _bar(users, u, first, found)
        scores, positions, may = best.scores[u], best.positions[u], allowed[users.segments[u]]
        for k in range(len(item_bias)):
            if found[k] > scores[-1] and may[first + k]:
                offer(scores, positions, found[k], first + k)


@compiled
def _add_up(
    rows: NDArray[np.int32],
    start: int,
    end: int,
    weighted: NDArray[np.float32],
    run: NDArray[np.float32],
    sums: NDArray[np.float32],
) -> None:
    """The sum of a user's rows of `weighted` [I, W] into `sums` [W]; `run` is scratch."""
    sums[:] = 0
    for begin in range(start, end, _RUN):
        stop = min(begin + _RUN, end)
        last_four = stop - (stop - begin) % 4
        run[:] = 0
        # Four rows at a time: the sum is read and written a fourth as often.
        for i in range(begin, last_four, 4):
            a, b, c, d = rows[i], rows[i + 1], rows[i + 2], rows[i + 3]
            for k in range(len(run)):
                run[k] += (weighted[a, k] + weighted[b, k]) + (weighted[c, k] + weighted[d, k])
        for i in range(last_four, stop):
            a = rows[i]
            for k in range(len(run)):
                run[k] += weighted[a, k]
        for k in range(len(run)):
            sums[k] += run[k]


@compiled
def _score(
    sums: NDArray[np.float32],
    item_bias: NDArray[np.float32],
    kind: int,
    worst: float,
    found: NDArray[np.float32],
) -> tuple[int, int]:
    """Scores of a block's candidates into `found`; how many beat `worst`, and are no numbers."""
    n_better, n_failed = 0, 0
    if kind == EVIDENCE:  # `found` is where the sums stand
        for k in range(len(found)):
            n_better += found[k] > worst
        return n_better, n_failed
    for k in range(len(item_bias)):
        divisor = np.float32(1) if kind == SUM else sums[k]
        found[k] = sums[COLUMNS + k] / divisor + item_bias[k]
        n_better += found[k] > worst
        n_failed += found[k] != found[k]
    return n_better, n_failed


@compiled
def _bar(users: Users, u: int, first: int, found: NDArray[np.float32]) -> None:
    """Score −inf for those of a block that the user must not get."""
    i, end = users.next_barred[u], users.barred_starts[u + 1]
    while i < end and users.barred[i] < first + len(found):
        if users.barred[i] >= first:
            found[users.barred[i] - first] = -np.inf
        i += 1
    users.next_barred[u] = i


def error_bound(
    n_slots: NDArray[np.int64], size: int, reach: float, largest_bias: float, kind: int
) -> NDArray[np.float64]:
    """How far a float32 score may be from the float64 one, for users with so many slots [U].

    `reach` bounds |relevance|: the largest norm of a memory vector times that of a candidate.
    """
    unit = 2.0**-24
    of_relevance = (size + 2) * unit * reach
    # A slot goes through so many additions at most: those of its run, and of the runs.
    n_sums = np.minimum(n_slots, _RUN) + n_slots // _RUN
    if kind == SUM:
        return np.asarray(
            n_slots * (of_relevance + (n_sums + 8) * unit * reach) + 4 * unit * largest_bias
        )
    # exp within 8 units, the sums in float32, and their quotient or logarithm.
    of_weights = of_relevance + (8 + n_sums + 8) * unit
    if kind == EVIDENCE:
        # The shift is as large as the bias and what relevance can reach beyond exp.
        return np.asarray(2 * of_weights + 8 * unit * (reach + largest_bias + np.log(n_slots + 1)))
    return np.asarray(of_relevance + 4 * of_weights * reach + 4 * unit * (reach + largest_bias))
