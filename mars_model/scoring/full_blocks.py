"""All candidates for a block of users, in blocks that stay in the cache: R = (H P) / (H E) + b.

ONNX Runtime makes E and P for a block of candidates; the sums over histories and the selection of
each user's best run here. Float32 finds a shortlist; whether float64 could order it otherwise is
decided by a bound of the error. Source: docs/scoring.md, "Full blocks".
"""

import numpy as np
from numpy.typing import NDArray

from mars_model.scoring.compiled import compiled
from mars_model.scoring.exact import offer

# Candidates of a block: a row of E and P is 512 bytes, so a histories' sum streams whole lines.
COLUMNS = 64
# So many slots are added up in float32 before the sum goes on in float64.
_RUN = 256


@compiled
def keep_best(
    starts: NDArray[np.int64],
    rows: NDArray[np.int32],
    weighted: NDArray[np.float32],
    n_columns: int,
    first: int,
    item_bias: NDArray[np.float32],
    is_sum: bool,
    barred: NDArray[np.int32],
    barred_starts: NDArray[np.int64],
    next_barred: NDArray[np.int64],
    allowed: NDArray[np.bool_],
    segments: NDArray[np.int32],
    scores: NDArray[np.float32],
    positions: NDArray[np.int32],
    has_failed: NDArray[np.bool_],
) -> None:
    """Take a block of candidates into every user's shortlist.

    Shapes: U users with `starts` [U+1] into `rows`, rows of `weighted` [I, 2 · COLUMNS] (weights,
    then weighted relevance; columns from `n_columns` on are empty); `first` is the block's first
    candidate. `barred` are the candidates that a user must not get, ascending, by `barred_starts`
    [U+1]; `next_barred` [U] moves on. Shortlists `scores`, `positions` [U, W]. `has_failed` [U]
    marks users whose weights vanished in float32.
    """
    last = scores.shape[1] - 1
    short = np.empty(2 * COLUMNS, dtype=np.float32)
    long = np.empty(2 * COLUMNS, dtype=np.float64)
    found = np.empty(COLUMNS, dtype=np.float32)
    for u in range(len(starts) - 1):
        begin, end = starts[u], starts[u + 1]
        is_long = end - begin > _RUN
        short[:] = 0
        if is_long:
            long[:] = 0
        for i in range(begin, end):
            row = weighted[rows[i]]
            for k in range(2 * COLUMNS):
                short[k] += row[k]
            if is_long and (i - begin) % _RUN == _RUN - 1:
                for k in range(2 * COLUMNS):
                    long[k] += short[k]
                    short[k] = 0
        if is_long:
            for k in range(2 * COLUMNS):
                long[k] += short[k]
            for k in range(COLUMNS):
                found[k] = long[COLUMNS + k] / (1.0 if is_sum else long[k])
        else:
            for k in range(COLUMNS):
                found[k] = short[COLUMNS + k] / (np.float32(1) if is_sum else short[k])
        top = np.float32(-np.inf)
        for k in range(n_columns):
            found[k] += item_bias[first + k]
            top = max(top, found[k])
            has_failed[u] |= found[k] != found[k]
        while next_barred[u] < barred_starts[u + 1] and barred[next_barred[u]] < first + n_columns:
            found[barred[next_barred[u]] - first] = -np.inf
            next_barred[u] += 1
        if positions[u, last] >= 0 and top <= scores[u, last]:
            continue
        for k in range(n_columns):
            is_better = positions[u, last] < 0 or found[k] > scores[u, last]
            if is_better and found[k] > -np.inf and allowed[segments[u], first + k]:
                offer(scores[u], positions[u], found[k], first + k)


def error_bound(
    n_slots: NDArray[np.int64], size: int, reach: float, largest_bias: float, is_sum: bool
) -> NDArray[np.float64]:
    """How far a float32 score may be from the float64 one, for users with so many slots [U].

    `reach` bounds |relevance|: the largest norm of a memory vector times that of a candidate.
    """
    unit = 2.0**-24
    of_relevance = (size + 2) * unit * reach
    if is_sum:
        return np.asarray(
            n_slots * (of_relevance + (_RUN + 8) * unit * reach) + 4 * unit * largest_bias
        )
    # exp within 8 units, the sums of at most _RUN terms in float32, and their quotient.
    of_weights: NDArray[np.float64] = of_relevance + (8 + np.minimum(n_slots, _RUN) + 8) * unit
    bound: NDArray[np.float64] = of_relevance + 4 * of_weights * reach
    return bound + 4 * unit * (reach + largest_bias)
