"""Catalogue coverage."""

import numpy as np
from numpy.typing import NDArray


def catalogue_coverage(ranked: NDArray[np.int64], n_items: int, k: int) -> float:
    """Share of all items that stand among the first k of anybody's list.

    Divided by `n_items`, the whole catalogue, those without a training like included. It is no
    mean over users: every list counts, also those of users without a held-out like, so figures
    compare only over the same users. Ties: in the order given. 0 for an empty catalogue.
    """
    # Position −1, the end of a short list, marks what stands behind the last item.
    is_listed = np.zeros(n_items + 1, dtype=np.bool_)
    is_listed[ranked[:, :k]] = True
    return int(np.count_nonzero(is_listed[:n_items])) / n_items if n_items else 0.0
