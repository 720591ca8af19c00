"""Lists of users as Arrow rows: arrays of structs."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.reasons import Reasons

LIST_FIELDS = (
    *("rank", "item_id", "score", "because", "reason_kind", "reason"),
    *("named_items", "score_without_named", "best_unlisted_score"),
)


def because_of(
    catalogue: Catalogue,
    histories: LikeMatrix,
    reasons: Reasons,
    users: NDArray[np.int64],
    places: NDArray[np.int64],
) -> pa.ListArray:
    """The reasons of the rows of these users and places, as lists of structs."""
    is_reason = reasons.slots[users, places] >= 0
    n_reasons = is_reason.sum(axis=1)
    slots = reasons.slots[users, places][is_reason]
    liked = histories.item_idx[np.repeat(histories.starts[users], n_reasons) + slots]
    without = reasons.score_without[users, places][is_reason]
    contribution = reasons.contribution[users, places][is_reason]
    columns = {
        "item_id": ids_of(catalogue, liked),
        "attention": pa.array(reasons.attention[users, places][is_reason]),
        "contribution": pa.array(contribution, mask=np.isnan(contribution)),
        "score_without": pa.array(without, mask=np.isnan(without)),
    }
    return _structs(n_reasons, columns)


def ids_of(catalogue: Catalogue, item_idx: NDArray[np.int64]) -> pa.Array:
    return pa.array(np.asarray(catalogue.item_ids[item_idx]))


def lists_of(lengths: NDArray[np.int64], columns: dict[str, pa.Array]) -> pa.ListArray:
    """Rows of users one after the other, so many of each, as lists."""
    n_rows = int(lengths.sum())
    places = np.arange(n_rows) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    columns = {"rank": pa.array((places + 1).astype(np.int32)), **columns}
    return _structs(lengths, {name: columns[name] for name in LIST_FIELDS})


def _structs(lengths: NDArray[np.int64], columns: dict[str, pa.Array]) -> pa.ListArray:
    """Rows of columns → lists of structs, of these lengths."""
    structs = pa.StructArray.from_arrays(list(columns.values()), list(columns))
    return grouped(lengths, structs)


def grouped(lengths: NDArray[np.int64], values: pa.Array) -> pa.ListArray:
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), values)
