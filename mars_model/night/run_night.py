"""Runs a night's scoring: prepare, score, stage, audit, publish."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from mars_model.bundle.registry import Bundle, Registry
from mars_model.errors import AuditFailedError, SettingsError
from mars_model.night import audit, runs
from mars_model.night.basis import Basis, find_basis
from mars_model.night.clock import Clock, Say
from mars_model.night.eligible import optional_versions
from mars_model.night.encode_items import encode_items
from mars_model.night.inputs import read_inputs
from mars_model.night.night_lists import stage_lists
from mars_model.night.prepare import Built, build_documents, build_histories
from mars_model.night.publish import publish
from mars_model.night.runs import Run
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse

# Raised with every change of the software that gives other rows for the same inputs.
_LISTS_VERSION = 2


def run_night(
    warehouse: Warehouse,
    registry: Registry,
    settings: Settings,
    run_date: date,
    say: Say,
    skip_published: bool,
    is_full: bool = False,
) -> Run:
    """Bring every input up to date, score all users, audit, publish; returns the run's record.

    With `skip_published` a night that stands published with the same inputs and settings is
    left as it is. Only what changed since the last published night is scored, unless `is_full`;
    the rows are the same. Raises AuditFailedError where the audit stops it: what readers see stays.
    """
    bundle = registry.promoted()
    require_same_likes(bundle, settings)
    clock = Clock(say)
    earlier = _settled_runs(warehouse, say)
    built = _build_inputs(warehouse, bundle, settings, run_date, clock)
    versions = {
        "items": warehouse.version("items"),
        "interactions": warehouse.version("interactions"),
        **optional_versions(warehouse),
        **{one.table: one.version for one in built},
    }
    run = _start(bundle, settings, run_date, versions)
    before = runs.find_run(earlier, run.run_id) if skip_published else None
    if before is not None and before.status == runs.PUBLISHED:
        say(f"run {run.run_id} stands published already")
        return before
    basis = _basis(warehouse, earlier, run, settings, is_full, say)
    inputs = read_inputs(warehouse, versions, run.model_version, run_date)
    staged = stage_lists(warehouse, run, inputs, basis, bundle, settings, clock)
    with clock.step("audit"):
        n_candidates = staged.counts["candidates"]
        # Both are rows of small jobs, and most of a small job's time no core is busy.
        with ThreadPoolExecutor(1) as aside:
            measured = aside.submit(
                audit.measure_gates, warehouse, run, staged.rows, n_candidates, earlier
            )
            failures = audit.run_checks(warehouse, run, staged.rows, staged.unserved)
            gates = measured.result()
        failures += audit.judge_gates(gates, settings.audit)
    staged.rows.unpersist()
    facts = {"counts": staged.counts, "gates": gates, "durations_s": clock.durations_s}
    run = run.with_status(runs.STAGED, **facts)
    if failures:
        failed = run.with_status(runs.AUDIT_FAILED, failures={f.name: f.n_rows for f in failures})
        runs.record(warehouse, failed)
        raise AuditFailedError(_describe(run, failures))
    runs.record(warehouse, run)
    with clock.step("publish"):
        publish(warehouse, run)
    runs.record_published(warehouse, run, earlier)
    return run.with_status(runs.PUBLISHED)


def _build_inputs(
    warehouse: Warehouse, bundle: Bundle, settings: Settings, run_date: date, clock: Clock
) -> tuple[Built, ...]:
    """Documents and then vectors, and beside them the histories, which need neither."""

    def histories() -> Built:
        with clock.step("build-histories"):
            return build_histories(warehouse, settings, run_date)

    with ThreadPoolExecutor(1) as aside:
        building = aside.submit(histories)
        with clock.step("build-documents"):
            documents = build_documents(warehouse, settings)
        with clock.step("encode-items"):
            vectors = encode_items(warehouse, bundle)
        return documents, building.result(), vectors


def shaping_settings(settings: Settings) -> dict[str, Any]:
    """What shapes rows and audit, beside the inputs and the model."""
    # Not the path, nor its sizes: they change no list.
    blocks = {"path", "list_length", "max_memory_mb"}
    return {
        "lists": _LISTS_VERSION,
        "scoring": settings.scoring.model_dump(mode="json", exclude=blocks),
        "likes": settings.likes.model_dump(mode="json"),
        "audit": settings.audit.model_dump(mode="json"),
    }


def _start(bundle: Bundle, settings: Settings, run_date: date, versions: dict[str, int]) -> Run:
    shaping = shaping_settings(settings)
    return Run(
        run_id=runs.name_run(run_date, bundle.model_version, versions, shaping),
        run_date=run_date,
        model_version=bundle.model_version,
        status=runs.STAGED,
        top_n=settings.scoring.top_n,
        min_likes=settings.likes.min_per_user,
        input_versions=versions,
    )


def _settled_runs(warehouse: Warehouse, say: Say) -> list[Run]:
    """All runs so far, read once for the whole night; those that had died are settled."""
    earlier = runs.read_runs(warehouse)
    repaired = runs.repair(warehouse, earlier)
    for run in repaired:
        say(f"run {run.run_id} had died: it was {run.status}")
    return runs.read_runs(warehouse) if repaired else earlier


def _basis(
    warehouse: Warehouse, earlier: list[Run], run: Run, settings: Settings, is_full: bool, say: Say
) -> Basis | None:
    """The night that this one may stand on; None, with a line that says why, where it may not."""
    found: Basis | str = "as was asked for"
    if not is_full:
        shaping = shaping_settings(settings)
        found = find_basis(warehouse, earlier, run.run_date, run.model_version, shaping)
    if isinstance(found, str):
        say(f"all users are scored: {found}")
        return None
    say(f"what changed since run {found.run.run_id} is scored")
    return found


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


def require_same_likes(bundle: Bundle, settings: Settings) -> None:
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
