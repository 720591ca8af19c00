"""Means over the items of a list, for metrics that know nothing of held-out likes."""

import numpy as np
from numpy.typing import NDArray


def list_lengths(ranked: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """Items among the first k of each list: [U]; NaN instead of 0: left out."""
    lengths = np.asarray(np.count_nonzero(ranked[:, :k] >= 0, axis=1), dtype=np.float64)
    lengths[lengths == 0] = np.nan
    return lengths


def mean_over_lists(
    of_item: NDArray[np.float64], ranked: NDArray[np.int64], k: int
) -> NDArray[np.float64]:
    """Mean of the items' values [n_items] over the first k of each list: [U], NaN if empty."""
    # Position −1, the end of a short list, reads the zero behind the last item.
    values = np.append(of_item, 0.0)[ranked[:, :k]]
    return np.asarray(values.sum(axis=1) / list_lengths(ranked, k), dtype=np.float64)
