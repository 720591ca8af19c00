"""Whose lists a night has to score again, by plain loops over what changed in a shop."""

from collections import Counter

import numpy as np
from deltalake import DeltaTable

from mars_model.publishing.runs import Run
from mars_model.tables.warehouse import Warehouse
from tests.runners.shop import State

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


def plain_list(
    state: State, user: int, vectors: Vectors, top_n: int, min_likes: int
) -> list[tuple[int, float]]:
    """What a user is to be served: item and score."""
    if len(state.liked[user]) < min_likes:
        everybody = Counter(item for liked in state.liked.values() for item in liked)
        scores = {item: float(everybody[item]) for item in state.may_get(user)}
    else:
        scores = {item: attend(state, user, item, vectors) for item in state.may_get(user)}
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:top_n]


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
