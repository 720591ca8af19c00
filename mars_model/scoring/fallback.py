"""What users without a usable history get: the items that most users like."""

import numpy as np
from numpy.typing import NDArray

from mars_model.scoring.catalogue import Catalogue


def popular_list(catalogue: Catalogue, liked: NDArray[np.int32], n: int) -> NDArray[np.int64]:
    """`item_idx` of the n most liked candidates that the user has not liked, ties by item id."""
    head = catalogue.popular_idx[: n + len(liked)]
    return np.asarray(head[~np.isin(head, liked)][:n])
