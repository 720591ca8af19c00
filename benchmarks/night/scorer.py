"""Calls the code that is measured: the night, its full blocks, and the session that it needs.

The other modules know nothing of the scorer's settings and signatures.
"""

import shutil
import time
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import SparkSession

from mars_model.bundle.item_factors import ItemFactors
from mars_model.bundle.manifest import FACTORS_FILE
from mars_model.bundle.registry import Bundle, Registry
from mars_model.features.likes import LikeMatrix
from mars_model.night.run_night import run_night
from mars_model.night.runs import Run
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.sessions import open_attention
from mars_model.scoring.top_n import top_n_in_full
from mars_model.settings import Settings
from mars_model.tables.session import open_session
from mars_model.tables.warehouse import Warehouse

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]

# What a night writes down about a model's items, and does not make again while it is there.
MADE_ONCE_A_MODEL = ("item_vectors", "item_neighbours")
COUNTS_OF_PATHS = ("pairs", "users_by_path", "certificates")


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


def open_spark() -> SparkSession:
    """The session that nights run in."""
    return open_session()


def run_one(site: Site, run_date: date) -> Night:
    """Run a whole night."""
    started = time.perf_counter()
    run = run_night(
        site.warehouse, site.registry, site.settings, run_date, lambda line: None, False
    )
    return Night(time.perf_counter() - started, run)


def forget_model(site: Site) -> None:
    """Take away what a model's first night makes: rows of tables, arrays kept beside the models."""
    for table in MADE_ONCE_A_MODEL:
        if site.warehouse.exists(table):
            site.spark.sql(f"delete from delta.`{site.warehouse.location(table)}`")
    for kept in site.registry.folder.glob(".*/"):
        shutil.rmtree(kept)


def max_memory_mb(settings: Settings) -> int:
    """What a Python worker may use."""
    return settings.scoring.max_memory_mb


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
        content = self.bundle.sealed(FACTORS_FILE).read()
        size = self.settings.model.representation_size
        factors = ItemFactors.parse(content, size).of(np.arange(self.n_items))
        return np.tanh(factors.free_item), np.tanh(factors.free_memory), factors.item_bias

    @cached_property
    def catalogue(self) -> Catalogue:
        """The same as the night's arrays."""
        return Catalogue.of_vectors(*self.vectors)

    def top(self, histories: LikeMatrix, n: int) -> IntArray:
        """Each user's n best unseen items [U, n], by score descending."""
        attention = open_attention(self.bundle.sealed("attention.onnx"))
        segments = np.zeros(histories.n_users, dtype=np.int32)
        kind = self.settings.model.attention
        _, found = top_n_in_full(attention, self.catalogue, histories, segments, n, kind)
        return found.astype(np.int64)
