"""What users without a usable history get: the items that most users like."""

import numpy as np
from numpy.typing import NDArray

from mars_model.scoring.catalogue import Catalogue


def popular_list(
    catalogue: Catalogue, liked: NDArray[np.int32], n: int, segment: int = 0
) -> NDArray[np.int64]:
    """`item_idx` of the n most liked candidates that the user's segment may get, ties by item id.

    Items that the user has liked are left out.
    """
    n_read = n + len(liked)
    while True:
        head = catalogue.popular_idx[:n_read]
        is_allowed = catalogue.allowed[segment][np.searchsorted(catalogue.candidate_idx, head)]
        found = head[is_allowed & ~np.isin(head, liked)]
        if len(found) >= n or len(head) == len(catalogue.popular_idx):
            return np.asarray(found[:n])
        n_read *= 4  # a small segment's items may stand far down
