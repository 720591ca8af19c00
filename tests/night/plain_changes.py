"""A night in full without Spark, and whose lists changes make stale, from a shop's state."""

from collections import Counter

import numpy as np
import pyarrow as pa
from deltalake import DeltaTable

from mars_model.night.runs import Run
from mars_model.night.score_users import score_block
from mars_model.scoring.catalogue import Catalogue, sort_popular
from mars_model.scoring.sessions import Attention
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse
from tests.night.shop import State

Vectors = dict[int, tuple[np.ndarray, np.ndarray, float]]


def vectors_of(warehouse: Warehouse, run: Run) -> Vectors:
    """Candidate vector, memory vector and bias of every item, as the run read them."""
    table = DeltaTable(
        warehouse.location("item_vectors"), version=run.input_versions["item_vectors"]
    )
    return {
        row["item_id"]: (
            np.array(row["item_vector"]),
            np.array(row["memory_vector"]),
            row["item_bias"],
        )
        for row in table.to_pyarrow_table().to_pylist()
        if row["model_version"] == run.model_version
    }


def attend(state: State, user: int, item: int, vectors: Vectors) -> float:
    """Eq. 7-9 and the item's bias, in float64. A liked item that is gone is no slot."""
    memory = np.array([vectors[i][1] for i in state.liked[user] if i in state.texts])
    candidate, _, bias = vectors[item]
    relevance = memory @ candidate
    weights = np.exp(relevance - relevance.max())
    return float(weights @ relevance / weights.sum()) + bias


def full_rows(
    state: State, vectors: Vectors, attention: Attention, settings: Settings
) -> list[dict]:
    """The lists of all users, scored at once."""
    item_ids, candidates = np.array(sorted(state.texts)), sorted(state.candidates())
    candidate_idx = np.searchsorted(item_ids, candidates)
    liked_by = Counter(item for liked in state.liked.values() for item in liked)
    n_likes = np.array([liked_by[item] for item in item_ids.tolist()])
    segments = ["", *sorted(set(state.segment_of.values()))]
    allowed = [[True] * len(candidates)]
    allowed += [[i in state.items_of.get(s, ()) for i in candidates] for s in segments[1:]]
    item_vectors, memory, bias = (
        np.array([vectors[item][n] for item in item_ids.tolist()], np.float32) for n in range(3)
    )
    catalogue = Catalogue(
        item_ids=item_ids,
        memory=memory,
        candidates=item_vectors[candidate_idx],
        item_bias=bias[candidate_idx],
        candidate_idx=candidate_idx,
        popular_idx=sort_popular(candidate_idx, n_likes),
        n_likes=n_likes,
        allowed=np.array(allowed),
    )
    histories = [state.history(user) for user in state.liked]
    of_users = [segments.index(state.segment_of.get(user, "")) for user in state.liked]
    users = pa.RecordBatch.from_pydict(
        {
            "user_id": list(state.liked),
            "item_ids": pa.array(histories, pa.list_(pa.int64())),
            "n_items": pa.array([len(liked) for liked in histories], pa.int32()),
            "segment": pa.array(of_users, pa.int32()),
        }
    )
    min_likes = settings.likes.min_per_user
    batches = score_block(users, catalogue, None, attention, settings.scoring, min_likes)
    return pa.Table.from_batches(batches).to_pylist()


def plain_counts(
    then: State, now: State, held: list[dict], vectors: Vectors, top_n: int
) -> dict[str, int]:
    """How many users keep their list, get new items merged in, or are scored, and why.

    `held` are the rows of the night `then`.
    """
    lists: dict[int, list[dict]] = {}
    for row in held:
        lists.setdefault(row["user_id"], []).append(row)
    ways = Counter(way_of(user, then, now, lists, vectors, top_n) for user in now.liked)
    n_merged = ways.pop("merged", 0)
    n_reused = n_merged + ways.pop("kept", 0)
    return {
        "users": len(now.liked),
        "users_scored": len(now.liked) - n_reused,
        "users_reused": n_reused,
        "users_merged": n_merged,
        **{f"scored_for_{why}": n for why, n in ways.items()},
    }


def way_of(
    user: int,
    then: State,
    now: State,
    lists: dict[int, list[dict]],
    vectors: Vectors,
    top_n: int,
) -> str:
    """Why one user is scored, else `kept` or `merged`; the first reason that holds counts."""
    was, may = then.candidates(), now.candidates()
    anew = {
        i for i in then.texts.keys() | now.texts.keys() if then.texts.get(i) != now.texts.get(i)
    }
    lost, new = was - (may - anew), may - (was - anew)
    held = lists.get(user, [])
    if user not in then.liked:
        return "new_user"
    if then.history(user) != now.history(user):
        return "other_history"
    segments = [
        (s.segment_of.get(user), s.items_of.get(s.segment_of.get(user))) for s in (then, now)
    ]
    if segments[0] != segments[1]:
        return "other_segment"
    if anew & now.liked[user].keys():
        return "other_memory"
    if len(held) < top_n:
        return "short_list"
    if held[0]["source"] == "popular":
        return "fallback"
    if lost & {row["item_id"] for row in held}:
        return "lost_item"
    last = max((-row["score"], row["item_id"]) for row in held)
    entering = [
        item for item in new & now.may_get(user) if (-attend(now, user, item, vectors), item) < last
    ]
    if len(entering) > 1:
        return "many_new_items"
    return "merged" if entering else "kept"
