"""What scores users on this warehouse with a bundle: the path, the shipment, the counts."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pyspark import Accumulator, AccumulatorParam
from pyspark.sql import DataFrame

from mars_model.bundle.registry import Bundle
from mars_model.night.kept_lists import kept_lists
from mars_model.night.score_users import Shipment, score_users
from mars_model.night.shipping import ship_arrays, ship_bundle_file, take_back
from mars_model.night.spread import Work
from mars_model.night.update_lists import ListUpdate, update_lists
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.memory_plan import plan_memory
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse

# Below it full blocks are faster than lists: docs/performance.md.
_LISTS_FROM = 25_000


class _Counts(AccumulatorParam[Counter[str]]):
    """Adds up counts of all workers."""

    def zero(self, value: Counter[str]) -> Counter[str]:
        return Counter()

    def addInPlace(self, left: Counter[str], right: Counter[str]) -> Counter[str]:  # noqa: N802
        left.update(right)
        return left


@dataclass
class Scorer:
    """Scores users over a catalogue with a bundle; ships what workers need, and takes it back."""

    warehouse: Warehouse
    bundle: Bundle
    settings: Settings
    counted: Accumulator[Counter[str]] = field(init=False)
    shipped: list[str] = field(default_factory=list)
    # Positions of items that item_neighbours was not brought up to date with.
    changed: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __post_init__(self) -> None:
        context = self.warehouse.spark.sparkContext
        self.counted = context.accumulator(Counter(), _Counts())

    def uses_lists(self, catalogue: Catalogue) -> bool:
        """Whether users take the path of certified lists over this catalogue."""
        path = self.settings.scoring.path
        is_softmax = self.bundle.manifest.settings.model.attention == "softmax"
        is_large = len(catalogue.candidates) >= _LISTS_FROM
        return is_softmax and (path == "lists" or (path == "auto" and is_large))

    def update_lists(self, everything: Catalogue, vectors_version: int) -> ListUpdate:
        """Bring item_neighbours up to date."""
        length = self.settings.scoring.list_length
        done = update_lists(self.warehouse, self.bundle, everything, vectors_version, length)
        self.changed = done.postponed
        return done

    def score(self, users: DataFrame, work: Work, catalogue: Catalogue, top_n: int) -> DataFrame:
        """The lists of some users, not computed yet; `close` comes when they are written."""
        context = self.warehouse.spark.sparkContext
        lists = None
        if self.uses_lists(catalogue):
            lists = kept_lists(self.warehouse, self.bundle.folder.parent, catalogue, self.changed)
        plan = plan_memory(self.settings.scoring, catalogue, lists, work)
        keys = [ship_arrays(context, a) for a in (catalogue, plan.lists) if a is not None]
        self.shipped += keys
        shipment = Shipment(
            catalogue_key=keys[0],
            attention_name=ship_bundle_file(context, self.bundle, "attention.onnx"),
            settings=self.settings.scoring.model_copy(update={"top_n": top_n}),
            min_likes=self.settings.likes.min_per_user,
            attention_kind=self.bundle.manifest.settings.model.attention,
            lists_key=keys[1] if lists is not None else None,
            users_per_block=plan.users_per_block,
            counted=self.counted,
        )
        n_blocks = max(1, min(2 * context.defaultParallelism, work.n_users))
        return score_users(users, shipment, work, n_blocks)

    def close(self) -> None:
        """Delete what was shipped from this machine."""
        take_back(*self.shipped)
        self.shipped.clear()
