"""Candidates that score alike for everyone: of these only the first can be needed.

New items without a text have equal vectors, by the hundred: whole lists of ties, which float32
cannot tell apart and float64 need not.
"""

import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.kept_lists import marks


def needed_candidates(
    catalogue: Catalogue, histories: LikeMatrix, n: int
) -> NDArray[np.int64] | None:
    """Positions, ascending, of the candidates that can be among anybody's n best; None: all.

    Twins have equal vectors, biases and segments. A tie goes to the lower position, so a list takes
    of some twins the first n at most that its user has not liked.
    """
    if len(catalogue.candidates) <= n:
        return None
    segments = np.packbits(catalogue.allowed, axis=0).T.astype(np.float32)
    keys = marks(catalogue.candidates, catalogue.item_bias, segments)
    order = np.argsort(keys, kind="stable")
    is_first = np.append(True, keys[order][1:] != keys[order][:-1])
    starts = np.flatnonzero(is_first)
    group = np.cumsum(is_first) - 1
    sizes = np.diff(np.append(starts, len(order)))
    if sizes.max() <= n:
        return None
    is_large = np.zeros(len(order), dtype=np.bool_)
    is_large[order] = sizes[group] > n
    most_liked = _most_liked(catalogue, histories, is_large)
    is_spare = np.arange(len(order)) - starts[group] >= n + most_liked
    if not is_spare.any() or not _are_twins(
        catalogue, order[is_spare], order[starts[group]][is_spare]
    ):
        return None
    return np.sort(order[~is_spare])


def _most_liked(catalogue: Catalogue, histories: LikeMatrix, is_counted: NDArray[np.bool_]) -> int:
    """The most likes that any user has among the counted candidates."""
    liked = catalogue.candidate_of_item()[histories.item_idx]
    is_in = (liked >= 0) & is_counted[liked]
    return int(np.bincount(histories.user_idx[is_in], minlength=1).max())


def _are_twins(catalogue: Catalogue, some: NDArray[np.int64], others: NDArray[np.int64]) -> bool:
    """Whether each of `some` is the twin of the one at its place in `others`."""
    return (
        np.array_equal(_bits(catalogue.item_bias[some]), _bits(catalogue.item_bias[others]))
        and np.array_equal(_bits(catalogue.candidates[some]), _bits(catalogue.candidates[others]))
        and np.array_equal(catalogue.allowed[:, some], catalogue.allowed[:, others])
    )


def _bits(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    return np.asarray(values).view(np.uint32)
