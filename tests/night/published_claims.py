"""Holds the published rows of some users to plain loops: kind, named likes, scores, sentence."""

import random
from collections import Counter
from datetime import date

import numpy as np
import pytest

from mars_model.bundle.registry import Registry
from mars_model.night.build_tables import pin_inputs
from mars_model.night.clock import Clock
from mars_model.night.prepare import prepared_night
from mars_model.scoring.catalogue import Catalogue
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse
from tests.night.conftest import rows_of
from tests.scoring.plain_claims import (
    best_unlisted_by_loop,
    claim_by_loop,
    fallback_by_loop,
    score_without,
)

# Of a longer history the pairs are too many to try.
_LONGEST = 100


def sentence(row: dict, titles: dict) -> str:
    """What the shipped templates make of a row."""
    named = [(titles[item_id] or "").strip(" ") or str(item_id) for item_id in row["named_items"]]
    both = " and ".join(named)
    return {
        "likes": f"because you liked {both}",
        "popularity": "popular with everyone",
        "taste": f"in line with much of what you liked, {both} most"
        if named
        else "in line with what you liked",
    }[row["reason_kind"]]


def assert_claims_hold(
    warehouse: Warehouse, registry: Registry, settings: Settings, run_date: date, n_users: int
) -> Counter[str]:
    """Rows by kind, of so many users of the model; fails at the first that is not as it says."""
    bundle, kind = registry.promoted(), registry.promoted().manifest.settings.model.attention
    titles = {row["item_id"]: row["title"] for row in rows_of(warehouse, "items")}
    liked = {r["user_id"]: r["item_ids"] for r in rows_of(warehouse, "user_histories")}
    lists: dict[object, list[dict]] = {}
    for row in rows_of(warehouse, "recommendations"):
        assert row["reason"] == sentence(row, titles)
        if row["source"] == "mars" and len(liked[row["user_id"]]) <= _LONGEST:
            lists.setdefault(row["user_id"], []).append(row)
    users = random.Random(3).sample(sorted(lists), min(n_users, len(lists)))
    pin, clock = pin_inputs(warehouse), Clock(lambda line: None)
    kinds: Counter[str] = Counter()
    with prepared_night(warehouse, bundle, settings, run_date, pin, clock) as prepared:
        for user in users:
            _hold_list(prepared.catalogue, liked[user], lists[user], settings.scoring.top_n, kind)
            kinds.update(row["reason_kind"] for row in lists[user])
    return kinds


def _hold_list(catalogue: Catalogue, liked: list, rows: list[dict], n: int, kind: str) -> None:
    found = catalogue.positions(np.array(liked))
    history = sorted(found[found >= 0].tolist())
    limit = best_unlisted_by_loop(catalogue, history, n, kind=kind)
    fallback = fallback_by_loop(catalogue, history, n)
    places = catalogue.candidate_of_item()
    for row in rows:
        position = int(places[catalogue.positions(np.array([row["item_id"]]))[0]])
        named = [history.index(i) for i in catalogue.positions(np.array(row["named_items"], int))]
        expected = claim_by_loop(catalogue, history, position, limit, fallback, kind)
        assert row["reason_kind"] == expected.kind
        assert set(named) in expected.may_name
        assert set(named) <= set(expected.helping)
        _same(row["best_unlisted_score"], limit)
        if named:
            without = score_without(catalogue, history, named, position, kind)
            _same(row["score_without_named"], without)
        else:
            assert row["score_without_named"] is None


def _same(published: float | None, plain: np.float32) -> None:
    if published is None:
        assert plain == -np.inf
    else:
        assert published == pytest.approx(plain, rel=1e-6, abs=1e-6)
