"""Scores all users: an Arrow stage over their histories, one block of users per batch."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pyarrow as pa
from pyspark import Accumulator, AccumulatorParam
from pyspark.sql import DataFrame

from mars_model.bundle.registry import Bundle
from mars_model.night.shipping import (
    ShippedFile,
    open_arrays,
    ship_bundle_file,
    shipped_arrays,
)
from mars_model.night.spread import spread
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.certified_lists import NeighbourLists
from mars_model.scoring.memory_plan import Work, plan_memory
from mars_model.scoring.score_block import BlockScorer
from mars_model.scoring.sentences import Titles
from mars_model.scoring.sessions import open_attention
from mars_model.settings import AttentionKind, ScoringSettings, Settings
from mars_model.tables.sql_names import quoted_name

# Below it full blocks are faster than lists: docs/performance.md.
_LISTS_FROM = 25_000


class _Counts(AccumulatorParam[Counter[str]]):
    """Adds up counts of all workers."""

    def zero(self, value: Counter[str]) -> Counter[str]:
        return Counter()

    def addInPlace(self, left: Counter[str], right: Counter[str]) -> Counter[str]:  # noqa: N802
        left.update(right)
        return left


@dataclass(frozen=True)
class Shipment:
    """What a worker needs to score: keys of shipped arrays, a shipped file, and settings."""

    catalogue_key: str
    titles_key: str
    lists_key: str | None  # None: in full blocks
    attention: ShippedFile
    settings: ScoringSettings
    min_likes: int
    attention_kind: AttentionKind
    users_per_block: int

    def open(self) -> BlockScorer:
        """The scorer, in a worker."""
        return BlockScorer(
            open_arrays(Catalogue, self.catalogue_key),
            open_arrays(NeighbourLists, self.lists_key) if self.lists_key else None,
            open_attention(self.attention.arrived()),
            self.settings,
            self.min_likes,
            self.attention_kind,
            open_arrays(Titles, self.titles_key),
        )


def uses_lists(bundle: Bundle, settings: Settings, n_candidates: int) -> bool:
    """Whether users take the path of certified lists."""
    path, attention = settings.scoring.path, bundle.manifest.settings.model.attention
    is_large = n_candidates >= _LISTS_FROM
    return attention != "sum" and (path == "lists" or (path == "auto" and is_large))


@contextmanager
def scored_users(
    users: DataFrame,
    work: Work,
    catalogue: Catalogue,
    titles: Titles,
    lists: NeighbourLists | None,
    bundle: Bundle,
    settings: Settings,
) -> Iterator[tuple[DataFrame, Accumulator[Counter[str]]]]:
    """One row per user in and out, scored once and kept until the end of the block.

    Columns `source` and `list` come behind those of `users`: see `BlockScorer.score`. The
    accumulator counts users and pairs by path, once the rows were computed.
    """
    context = users.sparkSession.sparkContext
    counted = context.accumulator(Counter(), _Counts())
    plan = plan_memory(settings.scoring, catalogue, titles, lists, work)
    with ExitStack() as until_written:
        keys = [
            until_written.enter_context(shipped_arrays(context, arrays))
            for arrays in (catalogue, titles, plan.lists)
            if arrays is not None
        ]
        shipment = Shipment(
            catalogue_key=keys[0],
            titles_key=keys[1],
            lists_key=keys[2] if plan.lists is not None else None,
            attention=ship_bundle_file(context, bundle, "attention.onnx"),
            settings=settings.scoring,
            min_likes=settings.likes.min_per_user,
            attention_kind=bundle.manifest.settings.model.attention,
            users_per_block=plan.users_per_block,
        )
        # Full blocks weigh every candidate anew for each block of users: as few as there are cores.
        n_blocks = context.defaultParallelism * (1 if plan.lists is None else 2)
        n_blocks = max(1, min(n_blocks, work.n_users))
        rows = spread(users, work, n_blocks).mapInArrow(
            _score_batches(shipment, counted), _schema(users)
        )
        rows = rows.persist()
        until_written.callback(rows.unpersist)
        yield rows, counted


def _schema(users: DataFrame) -> str:
    item_type = users.schema["item_ids"].dataType.simpleString()[len("array<") : -1]
    columns = [f"{quoted_name(f.name)} {f.dataType.simpleString()}" for f in users.schema]
    because = (
        f"array<struct<item_id: {item_type}, attention: float, contribution: float, "
        "score_without: float>>"
    )
    claimed = (
        f"reason_kind: string, reason: string, named_items: array<{item_type}>, "
        "score_without_named: float, best_unlisted_score: float"
    )
    row = f"rank: int, item_id: {item_type}, score: float, because: {because}, {claimed}"
    listed = f"array<struct<{row}>>"
    return ", ".join([*columns, "source string", f"list {listed}"])


def _score_batches(
    shipment: Shipment, counted: Accumulator[Counter[str]]
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        scorer = shipment.open()
        for batch in batches:  # bounded in bytes
            for start in range(0, batch.num_rows, shipment.users_per_block):
                rows, counts = scorer.score(batch.slice(start, shipment.users_per_block))
                counted.add(counts)
                yield rows

    return score
