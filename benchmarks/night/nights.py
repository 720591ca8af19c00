"""Parts d and e: memory of the workers, and how much of the work the lists spare."""

from collections.abc import Iterator
from pathlib import Path

import click
from pyspark.sql import SparkSession

from mars_model.settings import load_settings
from night.prepared import Prepared, Vectors, copied_warehouse, with_warehouse
from night.report import Cell, Table
from night.scorer import Site, forget_model, max_memory_mb, run_one
from night.tables import nights_from
from night.watch import WorkerWatch

_PAIRS, _VISITED = "pairs", "pairs_visited"


def measure_memory(spark: SparkSession, prepared: list[Prepared]) -> Table:
    """The highest memory of any Python worker in a first and in an ordinary night."""
    rows: list[dict[str, Cell]] = []
    for one in prepared:
        calendar = nights_from()
        with one.copy(spark) as site:
            for kind in ("first", "ordinary"):
                click.echo(f"(d) {one.shape.n_items:,} items, {kind} night", err=True)
                if kind == "first":
                    forget_model(site)
                with WorkerWatch() as watch:
                    run_one(site, calendar.next())
                rows.append(
                    {
                        "users": one.shape.n_users,
                        "items": one.shape.n_items,
                        "night": kind,
                        "workers": watch.n_workers,
                        "peak, MB": watch.peak_mb,
                        "without mapped files, MB": watch.peak_own_mb,
                        "scoring.max_memory_mb": max_memory_mb(site.settings),
                    }
                )
    return Table(
        "d",
        "highest resident memory of any Python worker of a night",
        rows,
        (
            "Peak: as the kernel keeps it for each worker, with files that are mapped and shared.",
            "Without mapped files: the highest of samples ten times a second.",
        ),
    )


def measure_paths(
    spark: SparkSession,
    prepared: list[Prepared],
    vectors: tuple[Vectors, ...],
    real: list[tuple[str, Path | None]],
) -> Table:
    """Pairs visited and certificates failed, as the run's row counts them.

    `real` are warehouses with a promoted bundle and their settings files; nights run in copies.
    """
    rows: list[dict[str, Cell]] = []
    for one in prepared:
        for kind in vectors:
            with one.copy(spark, kind) as site:
                rows.append(_count_paths(site, f"generated, {kind}"))
    for site, name in _real_sites(spark, real):
        rows.append(_count_paths(site, name))
    counted = any(row.get(_PAIRS) is not None for row in rows)
    missing = () if counted else ("The run's row holds no counts of paths.",)
    return Table(
        "e",
        "share of (liked item, candidate) pairs visited, and users by path",
        rows,
        ("Counts as in recommendation_runs.counts of one night.", *missing),
    )


def _count_paths(site: Site, name: str) -> dict[str, Cell]:
    click.echo(f"(e) {name}", err=True)
    night = run_one(site, nights_from().next())
    counts = night.counts_of_paths()
    pairs, visited = counts.get(_PAIRS), counts.get(_VISITED)
    return {
        "model": name,
        "version": night.run.model_version,
        "users": night.run.counts["users"],
        "candidates": night.run.counts["candidates"],
        "visited": visited / pairs if pairs and visited is not None else None,
        **counts,
    }


def _real_sites(
    spark: SparkSession, real: list[tuple[str, Path | None]]
) -> Iterator[tuple[Site, str]]:
    for path, conf in real:
        with copied_warehouse(Path(path)) as folder:
            settings = load_settings(conf, (), path)
            yield Site(spark, with_warehouse(folder, settings)), Path(path).name
