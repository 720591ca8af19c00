"""Lists of a block of users → Arrow rows in the shape of recommendations, no loop per row."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.reasons import Reasons


def model_rows(
    user_ids: pa.Array,
    catalogue: Catalogue,
    starts: NDArray[np.int64],
    item_idx: NDArray[np.int32],
    scores: NDArray[np.float32],
    positions: NDArray[np.int32],
    reasons: Reasons,
    source: str,
) -> pa.RecordBatch:
    """Rows of users served by the model.

    Shapes: `user_ids` [U]; their histories by `starts` [U+1] into `item_idx`; `scores` and
    `positions` [U, N], −1 behind the end.
    """
    users, places = np.nonzero(positions >= 0)
    items = catalogue.candidate_idx[positions[users, places]]
    is_reason = reasons.slots[users, places] >= 0
    n_reasons = is_reason.sum(axis=1)
    slots = reasons.slots[users, places][is_reason]
    liked = item_idx[np.repeat(starts[users], n_reasons) + slots]
    without = reasons.score_without[users, places][is_reason]
    because = pa.ListArray.from_arrays(
        pa.array(np.concatenate([[0], np.cumsum(n_reasons)]).astype(np.int32)),
        pa.StructArray.from_arrays(
            [
                _ids(catalogue, liked),
                pa.array(reasons.attention[users, places][is_reason]),
                pa.array(reasons.contribution[users, places][is_reason]),
                pa.array(without, mask=np.isnan(without)),
            ],
            ["item_id", "attention", "contribution", "score_without"],
        ),
    )
    return _rows(
        user_ids.take(pa.array(users)),
        places,
        _ids(catalogue, items),
        scores[users, places],
        source,
        because,
    )


def fallback_rows(
    user_ids: pa.Array, catalogue: Catalogue, lists: list[NDArray[np.int64]], source: str
) -> pa.RecordBatch:
    """Rows of users served by a fallback: `lists` of `item_idx`, scored by likes, no reasons."""
    lengths = np.array([len(items) for items in lists], dtype=np.int64)
    items = np.concatenate([np.zeros(0, dtype=np.int64), *lists])
    users = np.repeat(np.arange(len(lists)), lengths)
    places = np.arange(len(items)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    nothing = pa.array([[]] * len(items), type=because_type(_ids(catalogue, items).type))
    n_likes = catalogue.n_likes[items].astype(np.float32)
    return _rows(
        user_ids.take(pa.array(users)), places, _ids(catalogue, items), n_likes, source, nothing
    )


def because_type(item_type: pa.DataType) -> pa.DataType:
    """The type of the reasons' column."""
    fields = [("item_id", item_type)]
    fields += [(name, pa.float32()) for name in ("attention", "contribution", "score_without")]
    return pa.list_(pa.struct(fields))


def _ids(catalogue: Catalogue, item_idx: NDArray[np.int64]) -> pa.Array:
    return pa.array(np.asarray(catalogue.item_ids[item_idx]))


def _rows(
    user_ids: pa.Array,
    places: NDArray[np.int64],
    item_ids: pa.Array,
    scores: NDArray[np.float32],
    source: str,
    because: pa.Array,
) -> pa.RecordBatch:
    columns = {
        "user_id": user_ids,
        "rank": pa.array((places + 1).astype(np.int32)),
        "item_id": item_ids,
        "score": pa.array(scores),
        "source": pa.DictionaryArray.from_arrays(
            pa.array(np.zeros(len(places), dtype=np.int8)), pa.array([source])
        ).cast(pa.string()),
        "because": because,
    }
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
