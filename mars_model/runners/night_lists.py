"""Scores a night and stages its lists: all users, or what changed since an earlier night."""

from dataclasses import dataclass

from pyspark.sql import DataFrame

from mars_model.bundle.registry import Bundle
from mars_model.publishing.publish import count_rows, record_unserved, stage, unserved_rows
from mars_model.publishing.runs import Run
from mars_model.runners.basis import Basis
from mars_model.runners.incremental import Score, full_lists, incremental_lists
from mars_model.runners.inputs import Inputs
from mars_model.scoring.catalogue import Catalogue, ship_catalogue
from mars_model.scoring.score_users import Shipment, score_users
from mars_model.scoring.shipping import ship_bundle_file
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse


@dataclass(frozen=True)
class Staged:
    """What a night is about to publish. `rows` are cached: let go of them when done."""

    rows: DataFrame
    unserved: DataFrame
    counts: dict[str, int]


def stage_lists(
    warehouse: Warehouse,
    run: Run,
    inputs: Inputs,
    basis: Basis | None,
    bundle: Bundle,
    settings: Settings,
) -> Staged:
    """Score, stage, name the unserved users, count.

    With a basis only what changed since then is scored; the rows are the same.
    """
    catalogue = inputs.catalogue()
    score = scorer(warehouse, bundle, settings)
    if basis is None:
        lists = full_lists(inputs, catalogue, score, run.top_n)
    else:
        lists = incremental_lists(basis, inputs, catalogue, score, run.top_n)
    rows = stage(warehouse, run, lists.rows).persist()
    lists.release()
    counts = lists.counts | count_rows(rows, run.top_n)
    n_short = counts["users"] - counts.pop("users_in_full")
    unserved = unserved_rows(warehouse, run)
    if n_short or not unserved.isEmpty():
        unserved = record_unserved(
            warehouse, run, inputs.histories, inputs.candidates, inputs.segments
        )
    counts["candidates"] = len(catalogue.candidate_idx)
    counts["unserved_users"] = unserved.count() if n_short else 0
    return Staged(rows, unserved, counts)


def scorer(warehouse: Warehouse, bundle: Bundle, settings: Settings) -> Score:
    """Scores users over a catalogue, in blocks of users."""
    context = warehouse.spark.sparkContext

    def score(users: DataFrame, n_users: int, catalogue: Catalogue, top_n: int) -> DataFrame:
        shipment = Shipment(
            catalogue_key=ship_catalogue(catalogue, context),
            attention_name=ship_bundle_file(context, bundle, "attention.onnx"),
            settings=settings.scoring.model_copy(update={"top_n": top_n}),
            min_likes=settings.likes.min_per_user,
            attention_kind=bundle.manifest.settings.model.attention,
        )
        n_blocks = -(-n_users // settings.scoring.users_per_block)
        return score_users(users, shipment, max(n_blocks, context.defaultParallelism))

    return score
