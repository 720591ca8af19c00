"""A night: one pass over one pin. Prepare, score, audit, publish."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.bundle.agreement import require_same_settings
from mars_model.bundle.registry import Bundle, Registry
from mars_model.night import runs
from mars_model.night.audit import audit
from mars_model.night.build_tables import DERIVED, SOURCES, pin_inputs
from mars_model.night.clock import Clock, Say
from mars_model.night.gates import refusing
from mars_model.night.prepare import Prepared, prepared_night
from mars_model.night.publish import STAGED_TABLE, publish, record_unserved, rows_of
from mars_model.night.published_rows import describe_difference, what_differs
from mars_model.night.refuse import refuse
from mars_model.night.rerun import identities_of, pin_again, run_to_read_as
from mars_model.night.runs import PUBLISHED_TABLE, RUNS_TABLE, Run
from mars_model.night.score import scored_users
from mars_model.settings import Settings
from mars_model.tables.contracts import OPTIONAL_SOURCES
from mars_model.tables.warehouse import Warehouse

# Raised with every change of the software that gives other rows for the same inputs.
_LISTS_VERSION = 3


def run_night(
    warehouse: Warehouse,
    registry: Registry,
    settings: Settings,
    run_date: date,
    say: Say,
    skip_published: bool,
    accepted: Mapping[str, str] | None = None,
    repin: bool = False,
) -> Run:
    """Bring every input up to date, score all users, audit, publish; returns the run's record.

    A date that was published is scored from the inputs that its run pinned, unless `repin`.

    With `skip_published` a night that stands published with the same inputs and settings is
    left as it is, if its rows are those of its record. Raises AuditFailedError where the audit
    stops it: what readers see stays. Gates of `accepted`, with the reason, do not stop it; the
    record names those that would have.
    """
    bundle = registry.promoted()
    require_same_settings(bundle, settings)
    clock, now = Clock(say), pin_inputs(warehouse)
    earlier = _known_runs(warehouse, say)
    again = run_to_read_as(runs.standing_on(earlier, run_date), now, repin, say)
    run = begin_run(identities_of(again, now), bundle, settings, run_date)
    if again is not None and again.run_id != run.run_id:
        say(f"run {run.run_id} has other settings or another model than run {again.run_id}")
    before = runs.find_run(earlier, run.run_id)
    if before is not None and before.status == runs.PUBLISHED:
        if skip_published and _stands_as_recorded(warehouse, before, say):
            return before
        accepted = {**before.accepted, **(accepted or {})}  # it was published so
    pin = now if again is None else pin_again(warehouse, again, now)
    with prepared_night(warehouse, bundle, settings, run_date, pin, clock) as prepared:
        versions = prepared.pin.versions(*SOURCES, *OPTIONAL_SOURCES, *DERIVED)
        run = replace(run, input_versions=versions)
        return _score_and_publish(
            warehouse, bundle, settings, run, prepared, earlier, clock, accepted or {}
        )


def _known_runs(warehouse: Warehouse, say: Say) -> list[Run]:
    """All runs, once their tables and rows are what this release and the commits say."""
    for table in (PUBLISHED_TABLE, STAGED_TABLE, RUNS_TABLE):
        warehouse.add_new_columns(table)
    known = runs.read_runs(warehouse)
    for missing in runs.add_missing(warehouse, known):
        say(f"run {missing.run_id} had died after it was published; its record is written now")
    return known


def _stands_as_recorded(warehouse: Warehouse, run: Run, say: Say) -> bool:
    """Whether a published run's rows are those of its record; says what is done."""
    differs = what_differs(warehouse, run)
    if differs is None:
        say(f"run {run.run_id} stands published already")
        return True
    say(f"{describe_difference(run, differs)}. The date is scored and published anew")
    return False


def begin_run(
    inputs: dict[str, list[Any]], bundle: Bundle, settings: Settings, run_date: date
) -> Run:
    """The run of these inputs, model and settings: the same ones give the same name.

    `inputs` are the sources' identities; their versions come once all tables are up to date.
    """
    # Not the path, nor its sizes: they change no list.
    same_rows = {"path", "list_length", "max_memory_mb"}
    shaping: dict[str, Any] = {
        "lists": _LISTS_VERSION,
        "documents": settings.documents.model_dump(mode="json"),
        "scoring": settings.scoring.model_dump(mode="json", exclude=same_rows),
        "likes": settings.likes.model_dump(mode="json"),
        "audit": settings.audit.model_dump(mode="json"),
    }
    return Run(
        run_id=runs.name_run(run_date, bundle.model_version, inputs, shaping),
        run_date=run_date,
        model_version=bundle.model_version,
        status=runs.PUBLISHED,
        top_n=settings.scoring.top_n,
        min_likes=settings.likes.min_per_user,
        input_versions={},
        input_tables={table: f"{of}@{rows}" for table, (of, rows) in inputs.items()},
        settings=json.dumps(shaping, sort_keys=True),
    )


def _score_and_publish(
    warehouse: Warehouse,
    bundle: Bundle,
    settings: Settings,
    run: Run,
    prepared: Prepared,
    earlier: Sequence[Run],
    clock: Clock,
    accepted: Mapping[str, str],
) -> Run:
    """Lists are scored once and kept until they are audited and written."""
    last = runs.night_before(run, earlier)
    users = _with_lists_before(warehouse, prepared.inputs.users(), last)
    arrays = prepared.catalogue, prepared.titles, prepared.lists
    with scored_users(users, prepared.work, *arrays, bundle, settings) as (scored, counted):
        with clock.step("score"):
            scored.count()
        with clock.step("audit"):
            validation_map = bundle.manifest.metrics.get("validation_map@500")
            report = audit(warehouse, settings, run, prepared, scored, last, validation_map)
        failures = refusing(report.failures, accepted)
        run = run.with_status(
            runs.AUDIT_FAILED if failures else runs.PUBLISHED,
            counts={**report.counts, "lists_made": prepared.n_lists_made, **counted.value},
            gates=report.gates,
            durations_s=clock.durations_s,
            failures={failure.name: failure.n_rows for failure in failures},
            accepted={f.name: accepted[f.name] for f in report.failures if f not in failures},
            rows_hash=report.rows_hash,
        )
        rows = rows_of(scored, run)
        if failures:
            refuse(warehouse, run, rows, failures, last)
        with clock.step("publish"):
            record_unserved(warehouse, run, report.unserved)
            publish(warehouse, run, rows)
    runs.record(warehouse, run)
    return run


def _with_lists_before(warehouse: Warehouse, users: DataFrame, last: Run | None) -> DataFrame:
    """One row per user in and out, with the items of the user's list of that night in `before`."""
    if last is None:
        return users
    is_last = (F.col("run_date") == F.lit(last.run_date)) & (F.col("run_id") == last.run_id)
    lists = warehouse.read(PUBLISHED_TABLE).where(is_last).groupBy("user_id")
    return users.join(lists.agg(F.collect_list("item_id").alias("before")), "user_id", "left")
