"""Scores a night and stages its lists: all users, or what changed since the night before."""

from pyspark.sql import DataFrame

from mars_model.bundle.registry import Bundle
from mars_model.publishing.publish import record_unserved, stage
from mars_model.publishing.runs import Run
from mars_model.runners.basis import Basis
from mars_model.runners.incremental import Score, full_lists, incremental_lists
from mars_model.runners.inputs import Inputs, read_inputs
from mars_model.scoring.catalogue import Catalogue, ship_catalogue
from mars_model.scoring.items import collect_catalogue, items_to_score
from mars_model.scoring.score_users import Shipment, score_users
from mars_model.scoring.shipping import ship_bundle_file
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse


def stage_lists(
    warehouse: Warehouse, run: Run, bundle: Bundle, settings: Settings, basis: Basis | None
) -> tuple[Run, DataFrame, DataFrame]:
    """The run with its counts, its staged rows and its unserved users.

    With a basis only what changed since then is scored; the rows are the same.
    """
    inputs = read_inputs(warehouse, run.input_versions, run.model_version, run.run_date)
    catalogue = catalogue_of(inputs)
    score = scorer(warehouse, bundle, settings)
    if basis is None:
        lists = full_lists(inputs, catalogue, score, run.top_n)
    else:
        lists = incremental_lists(basis, inputs, catalogue, score, run.top_n)
    rows = stage(warehouse, run, lists.rows)
    lists.release()
    unserved = record_unserved(warehouse, run, inputs.histories, inputs.candidates)
    counts = {
        **lists.counts,
        "candidates": len(catalogue.candidate_idx),
        "rows": rows.count(),
        "unserved_users": unserved.count(),
    }
    return run.with_status(run.status, counts=counts), rows, unserved


def catalogue_of(inputs: Inputs) -> Catalogue:
    """The arrays of a night."""
    items = items_to_score(inputs.documents, inputs.vectors, inputs.candidates, inputs.histories)
    return collect_catalogue(items)


def scorer(warehouse: Warehouse, bundle: Bundle, settings: Settings) -> Score:
    """Scores histories over a catalogue, in blocks of users."""
    context = warehouse.spark.sparkContext

    def score(histories: DataFrame, n_users: int, catalogue: Catalogue, top_n: int) -> DataFrame:
        shipment = Shipment(
            catalogue_key=ship_catalogue(catalogue, context),
            attention_name=ship_bundle_file(context, bundle, "attention.onnx"),
            settings=settings.scoring.model_copy(update={"top_n": top_n}),
            min_likes=settings.likes.min_per_user,
            attention_kind=bundle.manifest.settings.model.attention,
        )
        n_blocks = -(-n_users // settings.scoring.users_per_block)
        return score_users(histories, shipment, max(n_blocks, context.defaultParallelism))

    return score
