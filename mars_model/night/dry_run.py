"""Says what a night would do and take, without writing anything."""

from dataclasses import dataclass
from datetime import date

from pyspark.sql import functions as F

from mars_model.bundle.registry import Bundle, Registry
from mars_model.night import runs
from mars_model.night.basis import Basis, find_basis
from mars_model.night.changes import LEFT
from mars_model.night.eligible import optional_versions
from mars_model.night.incremental import changes_since
from mars_model.night.inputs import Inputs
from mars_model.night.kept_lists import TABLE
from mars_model.night.present_inputs import present_inputs
from mars_model.night.probe import measure_scoring
from mars_model.night.run_night import require_same_likes, shaping_settings
from mars_model.night.scorer import Scorer
from mars_model.night.spread import measure_work
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse

FULL_ASKED_FOR = "as was asked for"
_INPUTS = ("items", "interactions", "item_documents", "user_histories", "item_vectors")
# Steps that are estimated by themselves, or said to be left out.
_NOT_OTHER = ("score", "encode-items", "update-neighbours")


@dataclass(frozen=True)
class ToScore:
    """What is scored: users, their liked items (slots), and (slot, candidate) pairs."""

    users: int
    slots: int
    pairs: int


@dataclass(frozen=True)
class Estimate:
    """What a night would do. `needed` is what an incremental one has to score at least."""

    run_date: date
    model_version: str
    items: int
    candidates: int
    everything: ToScore
    needed: ToScore
    users_reused_at_most: int
    stands_on: str | None  # the run that lists are kept from
    why_full: str | None  # why all users are scored, where they are
    published_run: str | None  # stands published with the same inputs and settings
    behind: tuple[str, ...]  # tables that the night will bring up to date first
    makes_lists: bool  # item_neighbours has none for this model yet; not in the seconds
    items_to_encode: int
    encode_s: float
    score_s: float
    full_score_s: float
    other_steps_s: float | None  # as the last published night took
    probe_users: int
    workers: int
    worker_memory_mb: float
    catalogue_mb: float


def estimate_night(
    warehouse: Warehouse, registry: Registry, settings: Settings, run_date: date, is_full: bool
) -> Estimate:
    """Count what a night would score, and measure a sample of it on this machine."""
    bundle = registry.promoted()
    require_same_likes(bundle, settings)
    present = present_inputs(warehouse, bundle, settings, run_date)
    inputs, top_n = present.inputs, settings.scoring.top_n
    _, catalogue = inputs.catalogues()
    scorer = Scorer(warehouse, bundle, settings)
    makes_lists = scorer.uses_lists(catalogue) and not _has_lists(warehouse, bundle, settings)
    if makes_lists:
        in_full = settings.scoring.model_copy(update={"path": "full"})
        scorer = Scorer(warehouse, bundle, settings.model_copy(update={"scoring": in_full}))
    n_candidates = len(catalogue.candidate_idx)
    work = measure_work(inputs.histories)
    everything = ToScore(work.n_users, work.n_likes, work.n_likes * n_candidates)
    basis = _basis(warehouse, bundle, settings, run_date, is_full)
    needed, n_kept = everything, 0
    if isinstance(basis, Basis):
        needed, n_kept = _needed(basis, inputs, top_n, n_candidates)
    probe = measure_scoring(inputs.users(), work, catalogue, scorer.score, top_n)
    scorer.close()
    share = needed.pairs / everything.pairs if everything.pairs else 0.0
    arrays = (catalogue.memory, catalogue.candidates, catalogue.item_bias, catalogue.allowed)
    return Estimate(
        run_date=run_date,
        model_version=bundle.model_version,
        items=len(catalogue.item_ids),
        candidates=n_candidates,
        everything=everything,
        needed=needed,
        users_reused_at_most=n_kept,
        stands_on=basis.run.run_id if isinstance(basis, Basis) else None,
        why_full=basis if isinstance(basis, str) else None,
        published_run=_published_run(warehouse, bundle, settings, run_date, present.behind),
        behind=present.behind,
        makes_lists=makes_lists,
        items_to_encode=present.n_to_encode,
        encode_s=round(present.encode_s, 1),
        score_s=round(probe.seconds(everything.slots * share), 1),
        full_score_s=round(probe.seconds(everything.slots), 1),
        other_steps_s=_other_steps_s(warehouse),
        probe_users=probe.n_users,
        workers=warehouse.spark.sparkContext.defaultParallelism,
        worker_memory_mb=round(probe.worker_memory_mb, 1),
        catalogue_mb=round(sum(array.nbytes for array in arrays) / 2**20, 1),
    )


def _has_lists(warehouse: Warehouse, bundle: Bundle, settings: Settings) -> bool:
    """Whether lists of this model and length stand, up to a few that the night adds."""
    made_for = warehouse.provenance(TABLE) or {}
    wanted = {"model_version": bundle.model_version, "length": settings.scoring.list_length}
    return all(made_for.get(name) == value for name, value in wanted.items())


def _published_run(
    warehouse: Warehouse,
    bundle: Bundle,
    settings: Settings,
    run_date: date,
    behind: tuple[str, ...],
) -> str | None:
    """The run that stands published with what the night would read, if any."""
    if behind:
        return None
    versions = optional_versions(warehouse)
    versions |= {table: warehouse.version(table) for table in _INPUTS}
    shaping = shaping_settings(settings)
    run_id = runs.name_run(run_date, bundle.model_version, versions, shaping)
    run = runs.find_run(runs.read_runs(warehouse), run_id)
    return run_id if run is not None and run.status == runs.PUBLISHED else None


def _basis(
    warehouse: Warehouse, bundle: Bundle, settings: Settings, run_date: date, is_full: bool
) -> Basis | str:
    if is_full:
        return FULL_ASKED_FOR
    earlier, shaping = runs.read_runs(warehouse), shaping_settings(settings)
    return find_basis(warehouse, earlier, run_date, bundle.model_version, shaping)


def _needed(basis: Basis, inputs: Inputs, top_n: int, n_candidates: int) -> tuple[ToScore, int]:
    """What is scored at least, and how many lists are kept at most: new items decide the rest."""
    items, users = changes_since(basis, inputs, top_n)
    is_kept = F.col("why").isNull().alias("is_kept")
    found = (
        users.where(F.col("why").isNull() | (F.col("why") != LEFT))
        .groupBy(is_kept)
        .agg(F.count("*").alias("users"), F.sum("n_items").alias("slots"))
        .collect()
    )
    by_kept = {row["is_kept"]: (row["users"], row["slots"]) for row in found}
    n_users, n_slots = by_kept.get(False, (0, 0))
    n_kept, kept_slots = by_kept.get(True, (0, 0))
    pairs = n_slots * n_candidates + kept_slots * len(items.new_ids)
    return ToScore(n_users, n_slots, pairs), n_kept


def _other_steps_s(warehouse: Warehouse) -> float | None:
    published = [run for run in runs.read_runs(warehouse) if run.status == runs.PUBLISHED]
    if not published:
        return None
    steps = published[0].durations_s
    return round(sum(s for name, s in steps.items() if name not in _NOT_OTHER), 1)
