"""Calls the code that is measured: the night, its full blocks, and the session that it needs.

The other modules know nothing of the scorer's settings and signatures.
"""

import time
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import SparkSession

from mars_model.bundle.item_factors import ItemFactors
from mars_model.bundle.manifest import FACTORS_FILE
from mars_model.bundle.registry import Bundle, Registry
from mars_model.features.likes import LikeMatrix
from mars_model.publishing.runs import Run
from mars_model.runners.scoring import run_night
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.sessions import open_attention
from mars_model.scoring.top_n import shortlist
from mars_model.settings import Settings
from mars_model.tables.session import open_session
from mars_model.tables.warehouse import Warehouse

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]

# What a night writes down about a model's items, and does not make again while it is there.
MADE_ONCE_A_MODEL = ("item_vectors", "item_neighbours")
COUNTS_OF_PATHS = ("pairs", "users_by_path", "certificates", "users_reused")


@dataclass(frozen=True)
class Site:
    """A warehouse, its bundles, and the settings of its nights."""

    spark: SparkSession
    settings: Settings

    @property
    def warehouse(self) -> Warehouse:
        """The tables."""
        return Warehouse(self.spark, self.settings.warehouse.path)

    @property
    def registry(self) -> Registry:
        """The bundles."""
        warehouse = self.settings.warehouse
        return Registry(Path(warehouse.models or f"{warehouse.path}/models"))


@dataclass(frozen=True)
class Night:
    """A night that was published, and how long it took from call to return."""

    seconds: float
    run: Run

    @property
    def score_s(self) -> float:
        """Seconds of the step that scores and stages."""
        return self.run.durations_s["score"]

    def counts_of_paths(self) -> dict[str, int]:
        """What the run's row says about the ways it went; empty where it says nothing."""
        counts = self.run.counts
        return {name: n for name, n in counts.items() if name.startswith(COUNTS_OF_PATHS)}


def open_spark(settings: Settings) -> SparkSession:
    """The session that nights run in."""
    return open_session(settings.scoring.users_per_block)


def run_one(site: Site, run_date: date, is_full: bool = True) -> Night:
    """Run a whole night; `is_full` scores every user again and reuses no row of an earlier one."""
    # Every night scores all users so far: the switch goes here.
    del is_full
    started = time.perf_counter()
    run = run_night(
        site.warehouse, site.registry, site.settings, run_date, lambda line: None, False
    )
    return Night(time.perf_counter() - started, run)


def forget_model(site: Site) -> None:
    """Empty the tables that a model's first night fills."""
    for table in MADE_ONCE_A_MODEL:
        if site.warehouse.exists(table):
            site.spark.sql(f"delete from delta.`{site.warehouse.location(table)}`")


def max_memory_mb(settings: Settings) -> int | None:
    """What a Python worker may use, None where no setting says so."""
    limit: Any = getattr(settings.scoring, "max_memory_mb", None)
    return None if limit is None else int(limit)


@dataclass(frozen=True)
class FullBlocks:
    """The full-block scorer alone, on the vectors of a bundle without text.

    Item ids are 0 to I-1. Shapes: I items, K representation size.
    """

    bundle: Bundle
    settings: Settings
    n_items: int

    @cached_property
    def vectors(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Candidates [I, K], memory [I, K] and biases [I]: tanh of the items' free vectors."""
        factors = ItemFactors.read(self.bundle.file(FACTORS_FILE)).of(np.arange(self.n_items))
        return np.tanh(factors.free_item), np.tanh(factors.free_memory), factors.item_bias

    @cached_property
    def catalogue(self) -> Catalogue:
        """The same as the night's arrays."""
        return Catalogue.of_vectors(*self.vectors)

    def top(self, histories: LikeMatrix, n: int) -> IntArray:
        """Each user's n best unseen items [U, n], by score descending."""
        attention = open_attention(self.bundle.file("attention.onnx"))
        candidates_per_block = self.settings.scoring.candidates_per_block
        return shortlist(attention, self.catalogue, histories, n, candidates_per_block)
