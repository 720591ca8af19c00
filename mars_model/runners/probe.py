"""Scores a small sample of users through the real path, to tell what all of them will take."""

import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.runners.incremental import Score
from mars_model.scoring.blocks import measure_work
from mars_model.scoring.catalogue import Catalogue

_FIRST_USERS = 64
_LONG_ENOUGH_S = 1.0


@dataclass(frozen=True)
class Probe:
    """What a sample took. Seconds grow by the slot, after a start that does not."""

    n_users: int
    start_s: float
    seconds_per_slot: float
    worker_memory_mb: float

    def seconds(self, n_slots: int) -> float:
        """What so many liked items of users will take, on this machine, over this catalogue."""
        return self.start_s + self.seconds_per_slot * n_slots if n_slots else 0.0


def measure_scoring(
    users: DataFrame, n_users: int, catalogue: Catalogue, score: Score, top_n: int
) -> Probe:
    """Score a sample that grows until a second has passed; writes nothing."""
    mixed = users.orderBy(F.xxhash64("user_id"), "user_id")
    sample, n = mixed, min(_FIRST_USERS, n_users)
    # Starts workers, opens the catalogue there: a night pays for that once.
    _seconds(_few(mixed, n)[0], catalogue, score, top_n)
    few, few_slots = _few(mixed, n)
    start_s = _seconds(few, catalogue, score, top_n)
    seconds, slots = start_s, few_slots
    while n < n_users and seconds - start_s < _LONG_ENOUGH_S:
        n = min(n * 4, n_users)
        sample, slots = _few(mixed, n)
        seconds = _seconds(sample, catalogue, score, top_n)
    per_slot = max(seconds - start_s, 0.0) / (slots - few_slots) if slots > few_slots else 0.0
    return Probe(n, start_s, per_slot, _worker_memory_mb(users))


def _few(mixed: DataFrame, n: int) -> tuple[DataFrame, int]:
    """n users as rows of this process, and their liked items."""
    rows = mixed.limit(n).toArrow()
    n_slots = sum(rows.column("n_items").to_pylist())
    return mixed.sparkSession.createDataFrame(rows, mixed.schema), n_slots


def _seconds(users: DataFrame, catalogue: Catalogue, score: Score, top_n: int) -> float:
    start = time.perf_counter()
    score(users, measure_work(users), catalogue, top_n).write.format("noop").mode(
        "overwrite"
    ).save()
    return time.perf_counter() - start


def _worker_memory_mb(users: DataFrame) -> float:
    """The most that a Python worker held; Spark uses the workers of the sample again."""
    spark = users.sparkSession
    n = spark.sparkContext.defaultParallelism

    def peak(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for _ in batches:
            pass
        peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        yield pd.DataFrame({"mb": [peak_kb / 1024]})

    found = spark.range(n, numPartitions=n).mapInPandas(peak, "mb double")
    return float(found.agg(F.max("mb")).collect()[0][0])
