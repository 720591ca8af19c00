"""Scores a small sample of users, to tell what all of them will take."""

import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from mars_model.night.incremental import Score
from mars_model.night.spread import Work
from mars_model.scoring.catalogue import Catalogue

_FIRST_USERS, _MOST_USERS = 64, 16_384
_LONG_ENOUGH_S = 1.0


@dataclass(frozen=True)
class Probe:
    """What a sample took. Seconds grow by the slot, after a start that does not."""

    n_users: int
    start_s: float
    seconds_per_slot: float
    worker_memory_mb: float

    def seconds(self, n_slots: float) -> float:
        """What so many slots will take, on this machine, over this catalogue."""
        return self.start_s + self.seconds_per_slot * n_slots if n_slots else 0.0


def measure_scoring(
    users: DataFrame, work: Work, catalogue: Catalogue, score: Score, top_n: int
) -> Probe:
    """Score a sample that grows until it takes a second more than its first users.

    `work` is that of all users; without any, nothing is measured. Writes nothing.
    """
    if not work.n_users or not len(catalogue.candidate_idx):
        return Probe(0, 0.0, 0.0, 0.0)
    mixed = users.orderBy(F.xxhash64("user_id"), "user_id").limit(_MOST_USERS).toArrow()

    def timed(n: int) -> tuple[float, int]:
        sample = mixed.slice(0, n)
        n_slots = _slots(sample)
        # The longest history of all: where it does not fit into memory, the probe says so.
        part = Work(n, n_slots, work.longest)
        frame = users.sparkSession.createDataFrame(sample, users.schema)
        start = time.perf_counter()
        score(frame, part, catalogue, top_n).write.format("noop").mode("overwrite").save()
        return time.perf_counter() - start, n_slots

    n = min(_FIRST_USERS, mixed.num_rows)
    timed(n)  # Starts workers and compiles; a night pays for that once.
    start_s, few_slots = timed(n)
    seconds, slots = start_s, few_slots
    while n < mixed.num_rows and seconds - start_s < _LONG_ENOUGH_S:
        n = min(n * 4, mixed.num_rows)
        seconds, slots = timed(n)
    per_slot = max(seconds - start_s, 0.0) / (slots - few_slots) if slots > few_slots else 0.0
    return Probe(n, start_s, per_slot, _worker_memory_mb(users.sparkSession))


def _slots(sample: pa.Table) -> int:
    return sum(sample.column("n_items").to_pylist())


def _worker_memory_mb(spark: SparkSession) -> float:
    """The most that a Python worker held; Spark uses the workers of the sample again."""
    n = spark.sparkContext.defaultParallelism

    def peak(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for _ in batches:
            pass
        peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        yield pd.DataFrame({"mb": [peak_kb / 1024]})

    found = spark.range(n, numPartitions=n).mapInPandas(peak, "mb double")
    return float(found.agg(F.max("mb")).collect()[0][0])
