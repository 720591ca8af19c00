"""What a comparison found: contenders, their cells, the outcome over seeds, and margins."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.metrics.accuracy import CUTOFF

MAP = f"map@{CUTOFF}"
TEST, VALIDATION = "test", "validation"


def main_metrics(at: int) -> tuple[str, str]:
    """The two that models are compared by: recall@`at` and MAP@500."""
    return f"recall@{at}", MAP


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
    """What one contender reached on one seed's split, and what that took.

    `by_user` has the test part's values of the main metrics, [U] with NaN for users left out;
    `peak_mb` is None where the system does not tell.
    """

    seed: int
    figures: tuple[Figure, ...]
    seconds: float
    peak_mb: float | None = None
    by_user: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def value(self, part: str, metric: str) -> float:
        """One of its figures."""
        return next(f.value for f in self.figures if (f.part, f.metric) == (part, metric))

    def has(self, part: str, metrics: Sequence[str]) -> bool:
        """Whether it holds these metrics of a part."""
        return set(metrics) <= {f.metric for f in self.figures if f.part == part}


@dataclass(frozen=True)
class Outcome:
    """A contender over all seeds, on the test part.

    `n_trials` settings were tried; `reason` says why there are no cells. `at_edge` names the
    settings that won at an edge of what was searched.
    """

    contender: Contender
    cells: tuple[Cell, ...]
    n_trials: int = 1
    reason: str | None = None
    at_edge: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The model's name."""
        return self.contender.name

    def metrics(self) -> list[str]:
        """Metrics of the test part that every seed has, the main ones first as they were kept."""
        first, *others = self.cells
        named = [f.metric for f in first.figures if f.part == TEST]
        return [name for name in named if all(cell.has(TEST, (name,)) for cell in others)]

    def values(self, metric: str, part: str = TEST) -> list[float]:
        """A value per seed."""
        return [cell.value(part, metric) for cell in self.cells]

    def mean(self, metric: str, part: str = TEST) -> float:
        """Mean over the seeds."""
        return statistics.fmean(self.values(metric, part))

    def deviation(self, metric: str) -> float | None:
        """Sample standard deviation (n − 1) over the seeds; None for a single one."""
        values = self.values(metric)
        return statistics.stdev(values) if len(values) > 1 else None

    def by_user(self, metric: str) -> NDArray[np.float64]:
        """Each user's mean over the seeds in which he counts: [U], NaN where he never does."""
        values = np.stack([cell.by_user[metric] for cell in self.cells])
        n_counted = np.count_nonzero(~np.isnan(values), axis=0)
        sums = np.nansum(values, axis=0)
        return np.where(n_counted > 0, sums / np.maximum(n_counted, 1), np.nan)

    @property
    def seconds(self) -> float:
        """Mean seconds to fit and to rank."""
        return statistics.fmean(cell.seconds for cell in self.cells)

    @property
    def peak_mb(self) -> float | None:
        """The highest memory of any cell; None where it is not known."""
        return max((c.peak_mb for c in self.cells if c.peak_mb is not None), default=None)


@dataclass(frozen=True)
class Comparison:
    """What was compared, and the outcomes in the order asked for.

    `split` is the record of the first seed's; `n_training` [U] each user's likes to learn from.
    """

    dataset: str
    split_name: str
    split: dict[str, Any]
    protocol: dict[str, Any]
    at: int
    seeds: tuple[int, ...]
    n_trials: int
    outcomes: tuple[Outcome, ...]
    n_training: NDArray[np.int64]

    @property
    def ran(self) -> list[Outcome]:
        """The outcomes with figures."""
        return [outcome for outcome in self.outcomes if outcome.cells]


def edge_warnings(outcomes: Sequence[Outcome]) -> list[str]:
    """A sentence for each model that may be better than it looks: its search ended at an edge."""
    return [
        f"{o.name}: its best settings lie at an edge of what was searched: {', '.join(o.at_edge)}. "
        "Wider ranges may find better ones"
        for o in outcomes
        if o.cells and o.at_edge
    ]


@dataclass(frozen=True)
class Margin:
    """How far a model's mean stands above the best baseline's, as a share of the latter."""

    model: str
    metric: str
    best_baseline: str
    share: float


def margins(outcomes: Sequence[Outcome], metrics: Sequence[str]) -> list[Margin]:
    """One per model that is no baseline and metric; none where no baseline took part."""
    ran = [o for o in outcomes if o.cells]
    baselines = [o for o in ran if o.contender.is_baseline]
    models = [o for o in ran if not o.contender.is_baseline]
    found = []
    for model in models if baselines else []:
        for metric in metrics:
            best = max(baselines, key=lambda outcome: outcome.mean(metric))
            below = best.mean(metric)
            share = model.mean(metric) / below - 1 if below else math.nan
            found.append(Margin(model.name, metric, best.name, share))
    return found
