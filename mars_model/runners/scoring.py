"""Runs a night's scoring: prepare, score, stage, audit, publish."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.bundle.registry import Bundle, Registry
from mars_model.errors import AuditFailedError, SettingsError
from mars_model.features.eligibility import with_segment
from mars_model.publishing import audit, runs
from mars_model.publishing.publish import publish, record_unserved, stage
from mars_model.publishing.runs import Run
from mars_model.runners.eligibility import optional_versions, read_candidates, read_segments
from mars_model.runners.features import build_documents, build_histories
from mars_model.runners.scorer import Scorer
from mars_model.runners.vectors import encode_items
from mars_model.scoring.blocks import measure_work
from mars_model.scoring.items import allow_segments, collect_items, items_to_score
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse

Say = Callable[[str], None]


@dataclass
class Clock:
    """Seconds of each step, for the run's row; and a line for whoever watches."""

    say: Say
    durations_s: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step."""
        self.say(f"{name} …")
        start = time.perf_counter()
        yield
        self.durations_s[name] = round(time.perf_counter() - start, 3)


def run_night(
    warehouse: Warehouse,
    registry: Registry,
    settings: Settings,
    run_date: date,
    say: Say,
    skip_published: bool,
) -> Run:
    """Bring every input up to date, score all users, audit, publish; returns the run's record.

    With `skip_published` a night that stands published with the same inputs and settings is
    left as it is. Raises AuditFailedError where the audit stops it: what readers see stays.
    """
    bundle = registry.promoted()
    _require_same_likes(bundle, settings)
    clock = Clock(say)
    for run in runs.repair(warehouse):
        say(f"run {run.run_id} had died: it was {run.status}")
    with clock.step("build-documents"):
        documents = build_documents(warehouse, settings)
    with clock.step("build-histories"):
        histories = build_histories(warehouse, settings, run_date)
    with clock.step("encode-items"):
        vectors = encode_items(warehouse, bundle)
    versions = {
        "items": warehouse.version("items"),
        "interactions": warehouse.version("interactions"),
        **optional_versions(warehouse),
        **{built.table: built.version for built in (documents, histories, vectors)},
    }
    run = _start(bundle, settings, run_date, versions)
    before = runs.find_run(warehouse, run.run_id)
    if skip_published and before is not None and before.status == runs.PUBLISHED:
        say(f"run {run.run_id} stands published already")
        return before
    run, rows, unserved = _score(warehouse, run, bundle, settings, clock)
    with clock.step("audit"):
        failures = audit.run_checks(warehouse, run, rows, unserved)
        gates = audit.measure_gates(warehouse, run, rows, run.counts["candidates"])
        failures += audit.judge_gates(gates, settings.audit)
    run = run.with_status(runs.STAGED, gates=gates, durations_s=clock.durations_s)
    if failures:
        failed = run.with_status(runs.AUDIT_FAILED, failures={f.name: f.n_rows for f in failures})
        runs.record(warehouse, failed)
        raise AuditFailedError(_describe(run, failures))
    runs.record(warehouse, run)
    with clock.step("publish"):
        publish(warehouse, run)
    runs.record_published(warehouse, run)
    return run.with_status(runs.PUBLISHED)


def _start(bundle: Bundle, settings: Settings, run_date: date, versions: dict[str, int]) -> Run:
    # Not the path, nor its sizes: they change no list.
    blocks = {"path", "list_length", "max_memory_mb"}
    shaping = {
        "scoring": settings.scoring.model_dump(mode="json", exclude=blocks),
        "likes": settings.likes.model_dump(mode="json"),
        "audit": settings.audit.model_dump(mode="json"),
    }
    return Run(
        run_id=runs.name_run(run_date, bundle.model_version, versions, shaping),
        run_date=run_date,
        model_version=bundle.model_version,
        status=runs.STAGED,
        top_n=settings.scoring.top_n,
        min_likes=settings.likes.min_per_user,
        input_versions=versions,
    )


def _score(
    warehouse: Warehouse, run: Run, bundle: Bundle, settings: Settings, clock: Clock
) -> tuple[Run, DataFrame, DataFrame]:
    """The run with its counts, its staged rows and its unserved users."""
    versions = run.input_versions
    histories = warehouse.read("user_histories", versions["user_histories"])
    candidates = read_candidates(warehouse, versions, run.run_date)
    segments = read_segments(warehouse, versions)
    to_score = items_to_score(
        warehouse.read("item_documents", versions["item_documents"]),
        warehouse.read("item_vectors", versions["item_vectors"]).where(
            F.col("model_version") == bundle.model_version
        ),
        candidates,
        histories,
    )
    scorer = Scorer(warehouse, bundle, settings)
    everything, candidate_idx = collect_items(to_score)
    catalogue = everything.with_candidates(candidate_idx)
    if segments is not None:
        catalogue = allow_segments(catalogue, segments)
    if scorer.uses_lists(catalogue):
        with clock.step("update-lists"):
            scorer.update_lists(everything, versions["item_vectors"])
    with clock.step("score"):
        work = measure_work(histories)
        users = with_segment(histories, segments)
        rows = stage(warehouse, run, scorer.score(users, work, catalogue, run.top_n))
        scorer.close()
        unserved = record_unserved(warehouse, run, histories, candidates, segments)
    n_users = work.n_users
    by_source = rows.groupBy("source").agg(F.count_distinct("user_id").alias("n")).collect()
    counts = {
        "users": n_users,
        "candidates": len(catalogue.candidate_idx),
        "rows": rows.count(),
        "unserved_users": unserved.count(),
        **{f"users_by_{row['source']}": row["n"] for row in by_source},
        **scorer.counted.value,
    }
    return run.with_status(runs.STAGED, counts=counts), rows, unserved


def settings_mismatches(bundle: Bundle, settings: Settings) -> list[str]:
    """Settings that a night must share with a bundle's training and does not, as half-sentences."""
    trained = bundle.manifest.settings
    return [
        f"'{name}' is {now!r}, {bundle.model_version} was trained with {then!r}"
        for name, now, then in (
            ("likes.min_rating", settings.likes.min_rating, trained.likes.min_rating),
            (
                "documents.extra_columns",
                settings.documents.extra_columns,
                trained.documents.extra_columns,
            ),
        )
        if now != then
    ]


def _require_same_likes(bundle: Bundle, settings: Settings) -> None:
    """A model must score histories made by the same rule as those it learned from."""
    if mismatches := settings_mismatches(bundle, settings):
        raise SettingsError(
            "settings: " + "; ".join(mismatches) + ". Use the settings it was trained with "
            "(--conf, --set) or train again with: mars-batch train"
        )


def _describe(run: Run, failures: list[audit.Failure]) -> str:
    found = "; ".join(
        f"{f.name}: {f'{f.n_rows} offending rows, ' if f.n_rows else ''}{f.detail}"
        for f in failures
    )
    return (
        f"run {run.run_id}: the audit failed, nothing was published and the last good night "
        f"stays. {found}. The rows stand in recommendations_staged, the checks in sql/checks"
    )
