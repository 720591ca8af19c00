"""The baselines' contenders: a small grid of settings each, to be tuned on validation."""

from collections.abc import Callable
from itertools import product

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import SparkSession

from mars_model.evaluation.baselines.als import Als
from mars_model.evaluation.baselines.ease import Ease
from mars_model.evaluation.baselines.interface import Baseline, Known
from mars_model.evaluation.baselines.popularity import Popularity
from mars_model.evaluation.comparison import Contender
from mars_model.evaluation.metrics.average_precision import CUTOFF
from mars_model.evaluation.ranking import rank_unseen
from mars_model.evaluation.splits.split import Split
from mars_model.settings import EvaluationSettings

BASELINES = ("popularity", "ease", "als")

SplitOf = Callable[[int], Split]


def grid(
    name: str, settings: EvaluationSettings, split_of: SplitOf, spark: SparkSession
) -> list[Contender]:
    """All settings of a baseline of BASELINES, in a fixed order; `split_of` takes a seed."""
    if name == "popularity":
        return [Contender(name, {}, _rank(split_of, Popularity()))]
    if name == "ease":
        return [_ease(split_of, penalty) for penalty in settings.ease_penalties]
    tried = product(settings.als_factors, settings.als_penalties, settings.als_alphas)
    return [_als(split_of, spark, *values) for values in tried]


def _ease(split_of: SplitOf, penalty: float) -> Contender:
    return Contender("ease", {"penalty": penalty}, _rank(split_of, Ease(penalty)))


def _als(
    split_of: SplitOf, spark: SparkSession, n_factors: int, penalty: float, alpha: float
) -> Contender:
    settings = {"n_factors": n_factors, "penalty": penalty, "alpha": alpha}
    return Contender("als", settings, _rank(split_of, Als(spark, n_factors, penalty, alpha)))


def _rank(split_of: SplitOf, baseline: Baseline) -> Callable[[int], NDArray[np.int64]]:
    """Fit on the seed's training likes, then rank all other items."""

    def rank(seed: int) -> NDArray[np.int64]:
        training = split_of(seed).training
        return rank_unseen(baseline.fit(Known(training, (), seed)), training, CUTOFF)

    return rank
