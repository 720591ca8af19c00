"""Means over the users who count, and over the items of a list."""

import numpy as np
from numpy.typing import NDArray


def mean_over_users(values: NDArray[np.float64]) -> float:
    """Mean of values [U] over users who are not left out (NaN); 0 where all are."""
    counted = values[~np.isnan(values)]
    return float(counted.mean()) if len(counted) else 0.0


def n_counted(values: NDArray[np.float64]) -> int:
    """Users who are not left out."""
    return int(np.count_nonzero(~np.isnan(values)))


def mean_over_lists(
    of_item: NDArray[np.float64], ranked: NDArray[np.int64], k: int
) -> NDArray[np.float64]:
    """Mean of the items' values [n_items] over the first k of each list: [U], NaN if empty."""
    listed = ranked[:, :k]
    lengths = np.asarray(np.count_nonzero(listed >= 0, axis=1), dtype=np.float64)
    lengths[lengths == 0] = np.nan
    # Position −1, the end of a short list, reads the zero behind the last item.
    values = np.append(of_item, 0.0)[listed]
    return np.asarray(values.sum(axis=1) / lengths, dtype=np.float64)
