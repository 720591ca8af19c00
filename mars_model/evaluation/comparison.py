"""Contenders of a comparison: what they reach on one split, and over several seeds."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.metrics.average_precision import CUTOFF, mean_average_precision
from mars_model.evaluation.metrics.recall import mean_recall
from mars_model.features.likes import LikeMatrix

RECALL = "recall@50"
MAP = f"map@{CUTOFF}"
METRICS = (RECALL, MAP)


@dataclass(frozen=True)
class Contender:
    """A model with its settings; `rank` fits it on a seed's split and ranks for all users."""

    name: str
    settings: dict[str, Any]  # all that shapes its lists but the seed
    rank: Callable[[int], NDArray[np.int64]]  # seed → [U, 500]
    is_baseline: bool = True


@dataclass(frozen=True)
class Figure:
    """One metric on one part of the held-out likes."""

    part: str
    metric: str
    value: float
    n_users: int


@dataclass(frozen=True)
class Cell:
    """What one contender reached on one seed's split, and the seconds it took."""

    seed: int
    figures: tuple[Figure, ...]
    seconds: float

    def value(self, part: str, metric: str) -> float:
        """One of its figures."""
        return next(f.value for f in self.figures if (f.part, f.metric) == (part, metric))


@dataclass(frozen=True)
class Outcome:
    """A contender over all seeds, on one part of the held-out likes."""

    contender: Contender
    cells: tuple[Cell, ...]
    part: str

    def mean(self, metric: str) -> float:
        """Mean over the seeds."""
        return statistics.fmean(cell.value(self.part, metric) for cell in self.cells)

    def deviation(self, metric: str) -> float | None:
        """Sample standard deviation (n − 1) over the seeds; None for a single one."""
        values = [cell.value(self.part, metric) for cell in self.cells]
        return statistics.stdev(values) if len(values) > 1 else None

    @property
    def seconds(self) -> float:
        """Mean seconds to fit and to rank."""
        return statistics.fmean(cell.seconds for cell in self.cells)


@dataclass(frozen=True)
class Comparison:
    """What was compared, and the outcomes in the order asked for."""

    dataset: str
    split: str
    protocol: dict[str, Any]
    outcomes: tuple[Outcome, ...]


def measure(ranked: NDArray[np.int64], part: str, relevant: LikeMatrix) -> tuple[Figure, ...]:
    """recall@50 and MAP@500 of lists [U, 500] against one part of the held-out likes."""
    n_users = int(np.count_nonzero(np.diff(relevant.starts)))
    return (
        Figure(part, RECALL, mean_recall(ranked, relevant, 50), n_users),
        Figure(part, MAP, mean_average_precision(ranked, relevant, CUTOFF), n_users),
    )


@dataclass(frozen=True)
class Margin:
    """How far a model's mean stands above the best baseline's, as a share of the latter."""

    model: str
    metric: str
    best_baseline: str
    share: float


def margins(outcomes: Sequence[Outcome]) -> list[Margin]:
    """One per model that is no baseline and metric; none where no baseline took part."""
    baselines = [o for o in outcomes if o.contender.is_baseline]
    models = [o for o in outcomes if not o.contender.is_baseline]
    found = []
    for model in models if baselines else []:
        for metric in METRICS:
            best = max(baselines, key=lambda outcome: outcome.mean(metric))
            below = best.mean(metric)
            share = model.mean(metric) / below - 1 if below else math.nan
            found.append(Margin(model.contender.name, metric, best.contender.name, share))
    return found
