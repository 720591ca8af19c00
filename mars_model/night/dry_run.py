"""Says what a night would score and about how long it takes, without writing anything."""

from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.bundle.agreement import require_same_settings
from mars_model.bundle.registry import Registry
from mars_model.night import runs
from mars_model.night.build_tables import documents_step, histories_step, pin_inputs
from mars_model.night.clock import Say
from mars_model.night.inputs import read_inputs
from mars_model.night.rerun import identities_of, pin_again, run_to_read_as
from mars_model.night.run_night import begin_run
from mars_model.night.runs import Run
from mars_model.night.score import uses_lists
from mars_model.settings import Settings
from mars_model.tables.pin import Pin
from mars_model.tables.warehouse import Warehouse


@dataclass(frozen=True)
class Estimate:
    """What a night would do. A pair is one liked item of one user with one candidate."""

    run_id: str
    run_date: date
    model_version: str
    users: int
    likes: int
    items: int
    candidates: int
    pairs: int
    path: str  # lists or full: how most users are scored
    is_published: bool  # stands published with the same inputs and settings
    behind: tuple[str, ...]  # tables that the night will bring up to date first
    items_to_encode: int
    workers: int
    last_run: str | None  # that the seconds are those of
    seconds: float | None  # of the last published night, its scoring in proportion to the pairs


def estimate_night(
    warehouse: Warehouse,
    registry: Registry,
    settings: Settings,
    run_date: date,
    say: Say = lambda line: None,
    repin: bool = False,
) -> Estimate:
    """Count what a night would score if it began now."""
    bundle = registry.promoted()
    require_same_settings(bundle, settings)
    now, past = pin_inputs(warehouse), runs.read_runs(warehouse)
    again = run_to_read_as(runs.standing_on(past, run_date), now, repin, say)
    run = begin_run(identities_of(again, now), bundle, settings, run_date)
    pin = now if again is None else pin_again(warehouse, again, now)
    steps = (
        documents_step(warehouse, settings, pin),
        histories_step(warehouse, settings, run_date, pin),
    )
    behind = [step.table for step in steps if not step.is_current(pin)]
    documents, histories = (
        step.rows() if step.table in behind else warehouse.read(step.table, pin[step.table].version)
        for step in steps
    )
    n_to_encode = _count_without_vectors(warehouse, pin, documents, bundle.model_version)
    if n_to_encode:
        behind.append("item_vectors")
    inputs = read_inputs(warehouse, pin, run_date, histories)
    counted = histories.agg(F.count("*"), F.sum("n_items")).first()
    assert counted is not None
    n_users, n_likes = int(counted[0]), int(counted[1] or 0)
    n_candidates = len(inputs.candidate_ids)
    own = runs.find_run(past, run.run_id)
    last = next((one for one in past if one.status == runs.PUBLISHED), None)
    return Estimate(
        run_id=run.run_id,
        run_date=run_date,
        model_version=bundle.model_version,
        users=n_users,
        likes=n_likes,
        items=documents.count(),
        candidates=n_candidates,
        pairs=n_likes * n_candidates,
        path="lists" if uses_lists(bundle, settings, n_candidates) else "full",
        is_published=own is not None and own.status == runs.PUBLISHED,
        behind=tuple(behind),
        items_to_encode=n_to_encode,
        workers=warehouse.spark.sparkContext.defaultParallelism,
        last_run=last.run_id if last else None,
        seconds=_seconds(last, n_likes * n_candidates) if last else None,
    )


def _count_without_vectors(
    warehouse: Warehouse, pin: Pin, documents: DataFrame, model_version: str
) -> int:
    if "item_vectors" not in pin:
        return documents.count()
    vectors = warehouse.read("item_vectors", pin["item_vectors"].version)
    held = vectors.where(F.col("model_version") == model_version)
    return documents.join(held, ["item_id", "text_hash"], "left_anti").count()


def _seconds(last: Run, n_pairs: int) -> float:
    """The last night's seconds, those of its step that scores in proportion to the pairs."""
    steps = dict(last.durations_s)
    scoring = steps.pop("score", 0.0)
    growth = n_pairs / last.counts["pairs"] if last.counts.get("pairs") else 1.0
    return round(sum(steps.values()) + scoring * growth, 1)
