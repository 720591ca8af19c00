"""Scores a night and stages its lists: all users, or what changed since an earlier night."""

from dataclasses import dataclass

from pyspark.sql import DataFrame

from mars_model.bundle.registry import Bundle
from mars_model.night.basis import Basis
from mars_model.night.clock import Clock
from mars_model.night.incremental import full_lists, incremental_lists
from mars_model.night.inputs import Inputs
from mars_model.night.publish import count_rows, record_unserved, stage, unserved_rows
from mars_model.night.runs import Run
from mars_model.night.scorer import Scorer
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
    clock: Clock,
) -> Staged:
    """Score, stage, name the unserved users, count.

    With a basis only what changed since then is scored; the rows are the same.
    """
    everything, catalogue = inputs.catalogues()
    scorer = Scorer(warehouse, bundle, settings)
    if scorer.uses_lists(catalogue):
        with clock.step("update-neighbours"):
            scorer.update_lists(everything, run.input_versions["item_vectors"])
    with clock.step("score"):
        if basis is None:
            lists = full_lists(inputs, catalogue, scorer.score, run.top_n)
        else:
            lists = incremental_lists(basis, inputs, catalogue, scorer.score, run.top_n)
        rows = stage(warehouse, run, lists.rows).persist()
    lists.release()
    scorer.close()
    counts = lists.counts | count_rows(rows, run.top_n) | scorer.counted.value
    n_short = counts["users"] - counts.pop("users_in_full")
    unserved = unserved_rows(warehouse, run)
    if n_short or not unserved.isEmpty():
        unserved = record_unserved(
            warehouse, run, inputs.histories, inputs.candidates, inputs.segments
        )
    counts["candidates"] = len(catalogue.candidate_idx)
    counts["unserved_users"] = unserved.count() if n_short else 0
    return Staged(rows, unserved, counts)
