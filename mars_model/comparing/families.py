"""The models of a comparison, each with the settings that a search may try."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel
from pyspark.sql import SparkSession

from mars_model.comparing.tuning_space import space_of, values_in, with_values
from mars_model.evaluation.baselines.choose_baseline import baseline
from mars_model.evaluation.baselines.interface import Known
from mars_model.evaluation.baselines.spaces import SPACES
from mars_model.evaluation.comparison import Contender
from mars_model.evaluation.metrics.accuracy import CUTOFF
from mars_model.evaluation.ranking import rank_unseen
from mars_model.evaluation.search_space import Space, Value
from mars_model.evaluation.splits.split import Split
from mars_model.evaluation.variant import rank_variant
from mars_model.settings import DocumentSettings, Settings
from mars_model.sources.word_vectors import stamp_of

WordsOf = Callable[[DocumentSettings], Sequence[Sequence[str]]]
SplitOf = Callable[[int], Split]


@dataclass(frozen=True)
class Family:
    """A model, the values that a search may try and `start`, those it has without one."""

    name: str
    space: Space
    start: dict[str, Value]
    contender: Callable[[Mapping[str, Value]], Contender]


def baseline_family(
    name: str, settings: Settings, words_of: WordsOf, split_of: SplitOf, spark: SparkSession
) -> Family:
    """A baseline: it learns from a seed's training likes and from words, and never stops early."""
    space = SPACES[name]
    without_search = baseline(name, {}, spark)
    start = {key: getattr(without_search, key) for key in space}

    def contender(values: Mapping[str, Value]) -> Contender:
        def rank(seed: int) -> NDArray[np.int64]:
            training = split_of(seed).training
            words = words_of(settings.documents)
            known = Known(training, words, seed, settings.training.n_threads)
            return rank_unseen(baseline(name, values, spark).fit(known), training, CUTOFF)

        return Contender(name, {**values, "documents": _dump(settings.documents)}, rank)

    return Family(name, space, start, contender)


def variant_family(
    name: str, settings: Settings, words_of: WordsOf, split_of: SplitOf, tuning_seed: int
) -> Family:
    """A MARS variant; the validation likes also say when its training stops."""
    space = space_of(settings)

    def contender(values: Mapping[str, Value]) -> Contender:
        tried = with_values(settings, values)

        def rank(seed: int) -> NDArray[np.int64]:
            return rank_variant(tried, words_of(tried.documents), split_of(seed), seed)

        return Contender(name, shaping(tried), rank, is_baseline=False)

    start = values_in(settings, space, split_of(tuning_seed).training)
    return Family(name, space, dict(start), contender)


def shaping(model: Settings) -> dict[str, Any]:
    """What shapes what a variant learns: settings, word vectors; the seed is a cell's own."""
    training = model.training.model_dump(mode="json", exclude={"seed", "n_threads"})
    network = _dump(model.model)
    if model.model.word_vectors is not None:
        network["word_vectors"] = stamp_of(Path(model.model.word_vectors))
    return {"documents": _dump(model.documents), "model": network, "training": training}


def _dump(branch: BaseModel) -> dict[str, Any]:
    return branch.model_dump(mode="json")
