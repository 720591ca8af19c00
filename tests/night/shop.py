"""A shop of random texts and likes that changes from night to night, and a model for it."""

import random
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import torch

from mars_model.bundle.manifest import TrainedWith
from mars_model.bundle.registry import Bundle, Registry
from mars_model.bundle.vocabulary import Vocabulary
from mars_model.evaluation.export_bundle import write_bundle_files
from mars_model.settings import ModelSettings, Settings
from mars_model.tables.warehouse import Warehouse
from mars_model.training.network import build_network
from tests.night.conftest import put_rows

WORDS = (
    *("astronaut", "crew", "repairs", "rocket", "distant", "planet", "drifts", "orbit", "comet"),
    *("station", "launch", "airlock", "gravity", "titan", "chef", "opens", "restaurant", "cooks"),
    *("soup", "rival", "crowded", "kitchen", "salt", "sauce", "bread", "fire", "knife", "sugar"),
)
MODEL = ModelSettings(embedding_size=8, representation_size=6, max_words=8)
# Items that the model has vectors of their own for.
TRAINED = range(100, 140)


@dataclass
class State:
    """All that shapes a night's lists beside model and settings."""

    day: date
    texts: dict[int, str] = field(default_factory=dict)
    begins: dict[int, datetime] = field(default_factory=dict)
    ends: dict[int, datetime] = field(default_factory=dict)
    liked: dict[int, dict[int, datetime]] = field(default_factory=dict)  # by user and item
    excluded: set[int] = field(default_factory=set)
    segment_of: dict[int, str] = field(default_factory=dict)
    items_of: dict[str, set[int]] = field(default_factory=dict)

    def history(self, user: int) -> list[int]:
        """Newest first."""
        liked = self.liked[user]
        return sorted(liked, key=lambda item: liked[item], reverse=True)

    def candidates(self) -> set[int]:
        """What may be recommended at midnight."""
        midnight = datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC)
        begun = {i for i in self.texts if self.begins.get(i, midnight) <= midnight}
        ended = {i for i, end in self.ends.items() if end <= midnight}
        return begun - ended - self.excluded

    def may_get(self, user: int) -> set[int]:
        """What may stand in a user's list."""
        segment = self.segment_of.get(user)
        own = self.texts.keys() if segment is None else self.items_of.get(segment, set())
        return (self.candidates() & own) - self.liked[user].keys()


class Shop:
    """A warehouse whose sources change from night to night; `state` is what is in them."""

    def __init__(self, warehouse: Warehouse, day: date) -> None:
        self.warehouse = warehouse
        self.random = random.Random(3)
        self.state = State(day)
        self._changed = {"items", "interactions"}

    def put_items(self, ids: Iterable[int]) -> None:
        """Items of random words, anew where they are there."""
        for item in ids:
            self.state.texts[item] = " ".join(self.random.sample(WORDS, 6))
        self._changed.add("items")

    def set_window(
        self, item: int, begins: datetime | None = None, ends: datetime | None = None
    ) -> None:
        """When an item may be recommended."""
        if begins is not None:
            self.state.begins[item] = begins
        if ends is not None:
            self.state.ends[item] = ends
        self._changed.add("items")

    def remove(self, item: int) -> None:
        """An item that is not there any more; its likes stay."""
        del self.state.texts[item]
        self._changed.add("items")

    def like(self, user: int, items: Iterable[int]) -> None:
        """Five stars on the day before, the last the newest."""
        day = self.state.day
        before = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=3)
        liked = self.state.liked.setdefault(user, {})
        for n, item in enumerate(items):
            liked[item] = before + timedelta(seconds=n)
        self._changed.add("interactions")

    def forget(self, user: int) -> None:
        """A user who had all events deleted."""
        del self.state.liked[user]
        self._changed.add("interactions")

    def exclude(self, items: Iterable[int]) -> None:
        """Items that must not be recommended to anybody."""
        self.state.excluded = set(items)
        self._changed.add("excluded_items")

    def put_segments(self, segment_of: dict[int, str], items_of: dict[str, set[int]]) -> None:
        """Who may get the items of a segment only."""
        self.state.segment_of, self.state.items_of = segment_of, items_of
        self._changed |= {"user_segments", "segment_items"}

    def write(self) -> State:
        """Replace the tables that changed, each by one commit; returns the state as it is now."""
        for table in sorted(self._changed):
            put_rows(self.warehouse, table, getattr(self, f"_{table}")())
        self._changed.clear()
        return deepcopy(self.state)

    def _items(self) -> list[dict[str, Any]]:
        state = self.state
        return [
            {
                "item_id": item,
                "text": text,
                "available_from": state.begins.get(item),
                "available_until": state.ends.get(item),
            }
            for item, text in state.texts.items()
        ]

    def _interactions(self) -> list[dict[str, Any]]:
        return [
            {"user_id": user, "item_id": item, "rating": 5.0, "interacted_at": at}
            for user, liked in self.state.liked.items()
            for item, at in liked.items()
        ]

    def _excluded_items(self) -> list[dict[str, Any]]:
        return [{"item_id": item} for item in self.state.excluded]

    def _user_segments(self) -> list[dict[str, Any]]:
        return [{"user_id": u, "segment": s} for u, s in self.state.segment_of.items()]

    def _segment_items(self) -> list[dict[str, Any]]:
        return [{"segment": s, "item_id": i} for s, ids in self.state.items_of.items() for i in ids]


def promote_random_model(registry: Registry, settings: Settings, seed: int) -> Bundle:
    """A bundle in use that was never trained: which lists are kept does not hang on training.

    Weights are large, so that users' lists differ.
    """
    item_ids = np.arange(TRAINED.start, TRAINED.stop)
    n_likes = np.full(len(item_ids), 2)
    network = build_network(len(WORDS), MODEL, seed, n_likes)
    with torch.no_grad():
        for weights in network.parameters():
            weights.mul_(3)
        network.item_bias.values.normal_(0, 0.1, generator=torch.Generator().manual_seed(seed))
    documents = np.random.default_rng(seed).integers(1, len(WORDS) + 1, (len(item_ids), 6))

    def write_files(folder):
        write_bundle_files(folder, network, MODEL, Vocabulary(WORDS), documents, item_ids, n_likes)

    trained_with = TrainedWith(
        likes=settings.likes,
        documents=settings.documents,
        model=MODEL,
        training=settings.training,
    )
    bundle = registry.write(write_files, trained_with, {}, {}, False)
    registry.promote(bundle.model_version)
    return bundle
