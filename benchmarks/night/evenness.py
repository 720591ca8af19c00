"""Part g: one user with very many likes among ordinary ones must not stretch the stage."""

import statistics
import time

import click
import numpy as np
from pyspark.sql import SparkSession

from night.prepared import Prepared
from night.report import Cell, Table
from night.scorer import run_one
from night.tables import add_likes, nights_from
from night.watch import WorkerWatch

N_LIKES_OF_HEAVY_USER = 50_000
MAX_TASKS = 100_000
_SETTLE_S = 1.0


def measure_evenness(spark: SparkSession, prepared: list[Prepared]) -> Table:
    """Longest task of the scoring stage against the median, with and without the heavy user."""
    rows: list[dict[str, Cell]] = []
    for one in prepared:
        calendar = nights_from()
        n_likes = min(N_LIKES_OF_HEAVY_USER, one.shape.n_items // 3)
        with one.copy(spark) as site:
            run_one(site, calendar.next())
            for heavy in (0, n_likes):
                click.echo(f"(g) {one.shape.n_items:,} items, {heavy:,} likes", err=True)
                today = calendar.next()
                if heavy:
                    items = np.random.default_rng(5).choice(one.shape.n_items, heavy, replace=False)
                    user = np.full(heavy, one.shape.n_users)
                    add_likes(site.warehouse, user, items.astype(np.int64), today)
                group = f"evenness-{today.isoformat()}-{one.shape.n_items}"
                spark.sparkContext.setJobGroup(group, group)
                with WorkerWatch() as watch:
                    night = run_one(site, today)
                tasks = longest_stage(spark, group)
                rows.append(
                    {
                        "users": night.run.counts["users"],
                        "items": one.shape.n_items,
                        "likes of one user": heavy,
                        "tasks": len(tasks),
                        "median task, s": statistics.median(tasks),
                        "longest task, s": max(tasks),
                        "longest / median": max(tasks) / statistics.median(tasks),
                        "score, s": night.score_s,
                        "peak of a worker, MB": watch.peak_mb,
                    }
                )
    return Table(
        "g",
        "tasks of the scoring stage, one user with very many likes among ordinary ones",
        rows,
        ("The scoring stage is the night's stage with the most task seconds in total.",),
    )


def longest_stage(spark: SparkSession, group: str) -> list[float]:
    """Seconds of each task of the stage, among a job group's, with the most of them in total.

    Spark keeps tasks for its own UI, which works with the UI switched off too.
    """
    # The store hears of ended tasks a little later than the driver.
    time.sleep(_SETTLE_S)
    tracker = spark.sparkContext.statusTracker()
    jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(group)]
    stages = {stage for job in jobs if job is not None for stage in job.stageIds}
    return max((_task_seconds(spark, stage) for stage in stages), key=sum)


def _task_seconds(spark: SparkSession, stage_id: int) -> list[float]:
    store = spark.sparkContext._jsc.sc().statusStore()
    tasks = store.taskList(stage_id, 0, MAX_TASKS)
    durations = [tasks.apply(i).duration() for i in range(tasks.size())]
    return [int(d.get()) / 1000 for d in durations if d.isDefined()]
