"""Runs evaluate: models and baselines on held-out likes, over seeds, cell by cell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from mars_model.comparing.bench import Bench, Judge, Say
from mars_model.comparing.cells import KeptCells
from mars_model.comparing.compared_data import read_evaluation_data
from mars_model.comparing.families import Family, baseline_family, shaping, variant_family
from mars_model.errors import SettingsError
from mars_model.evaluation.baselines.choose_baseline import NAMES, why_not
from mars_model.evaluation.comparison import Comparison, Contender, Outcome
from mars_model.evaluation.metrics.intra_list_similarity import ItemVectors
from mars_model.evaluation.rank_cold_items import rank_cold_by_tfidf, rank_cold_by_variant
from mars_model.evaluation.search_space import Value, at_edge
from mars_model.evaluation.splits.choose_split import split_of as split_by_name
from mars_model.evaluation.splits.cold_items import split_cold_items
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse

COLD_BASELINE = "tfidf"

Models = Mapping[str, Settings | None]  # None for baselines


@dataclass(frozen=True)
class Protocol:
    """What a comparison holds equal for all its models.

    `test_from_s` is the temporal split's: seconds since 1970 from which likes test.
    """

    run_date: date
    seeds: tuple[int, ...] = (1, 2, 3, 4, 5)
    split: str = "paper"
    at: int = 50
    n_trials: int = 10
    test_from_s: int | None = None
    has_text_only: bool = False


@dataclass(frozen=True)
class Tuned:
    """A model whose settings stand; without a family where it cannot run here."""

    family: Family | None
    values: Mapping[str, Value]
    outcome: Outcome


def is_baseline(name: str) -> bool:
    """Whether a name is a baseline's; all others are names of models' settings files."""
    return name in (*NAMES, COLD_BASELINE)


def evaluate(
    warehouse: Warehouse, settings: Settings, models: Models, protocol: Protocol, say: Say
) -> Comparison:
    """Compare models on one split.

    Each model gets the same number of trials on the first seed's validation likes; test likes are
    read once its settings stand. A baseline that cannot run here is in the result with the reason.
    """
    if COLD_BASELINE in models:
        raise SettingsError(f"model {COLD_BASELINE}: ranks cold items only, add --cold-items SHARE")
    bench = open_bench(warehouse, settings, models, protocol, say)
    tuned = tune_all(bench, settings, models, protocol)
    outcomes = tuple(model.outcome for model in tuned)
    return bench.comparison(outcomes, protocol.seeds, protocol.n_trials)


def open_bench(
    warehouse: Warehouse, settings: Settings, models: Models, protocol: Protocol, say: Say
) -> Bench:
    """The data, the split of every seed and the cells that stand already."""
    check_likes(settings, models)
    data = read_evaluation_data(warehouse, settings, protocol.run_date, protocol.has_text_only)
    split_of = cache(
        partial(split_by_name, protocol.split, data.timed, test_from_s=protocol.test_from_s)
    )
    first = split_of(protocol.seeds[0])
    vectors = ItemVectors.of_words(data.words_of(settings.documents))
    judge = Judge(protocol.at, split_of, vectors)
    kept = KeptCells.open(warehouse, data.fingerprint, first.name, data.protocol)
    return Bench(kept, judge, data, protocol.seeds[0], say)


def tune_all(
    bench: Bench,
    settings: Settings,
    models: Models,
    protocol: Protocol,
    bounded: Callable[[Family], Family] = lambda family: family,
) -> list[Tuned]:
    """Search, then test with every seed, one model after the other."""
    tuned = []
    for name, model in models.items():
        if model is None and (reason := why_not(name)):
            bench.say(f"{name}: not run: {reason}")
            tuned.append(Tuned(None, {}, not_run(name, reason)))
            continue
        family = bounded(family_of(name, model, settings, bench))
        values, n_trials = bench.tune(family, protocol.n_trials)
        outcome = bench.run(family.contender(values), protocol.seeds, n_trials)
        if n_trials > 1:
            outcome = replace(outcome, at_edge=at_edge(family.space, values))
        tuned.append(Tuned(family, values, outcome))
    return tuned


def family_of(name: str, model: Settings | None, settings: Settings, bench: Bench) -> Family:
    """A model of the comparison with its search space."""
    words_of = bench.data.words_of
    if model is None:
        spark = bench.kept.warehouse.spark
        return baseline_family(name, settings, words_of, bench.split_of, spark)
    return variant_family(name, model, words_of, bench.split_of, bench.tuning_seed)


def evaluate_cold_items(
    warehouse: Warehouse,
    settings: Settings,
    models: Models,
    protocol: Protocol,
    share: float,
    say: Say,
) -> Comparison:
    """Compare on items held out entirely, ranked by their text: models as they are, and TF-IDF."""
    if helpless := [n for n, model in models.items() if model is None and n != COLD_BASELINE]:
        raise SettingsError(
            f"model {', '.join(helpless)}: knows nothing of items without likes, so it cannot rank "
            f"cold items. The baseline for them is {COLD_BASELINE}"
        )
    check_likes(settings, models)
    data = read_evaluation_data(warehouse, settings, protocol.run_date, protocol.has_text_only)
    split_of = cache(partial(split_cold_items, data.likes, share))
    first = split_of(protocol.seeds[0])
    kept = KeptCells.open(warehouse, data.fingerprint, first.name, data.protocol)
    bench = Bench(kept, Judge(protocol.at, split_of, None), data, protocol.seeds[0], say)

    def rank(model: Settings | None, seed: int) -> NDArray[np.int64]:
        if model is None:
            return rank_cold_by_tfidf(data.words_of(settings.documents), split_of(seed))
        return rank_cold_by_variant(model, data.words_of(model.documents), split_of(seed), seed)

    outcomes = []
    for name, model in models.items():
        made_by = shaping(model) if model else {"documents": settings.documents.model_dump()}
        contender = Contender(name, made_by, partial(rank, model), is_baseline=model is None)
        outcomes.append(bench.run(contender, protocol.seeds, 1))
    return bench.comparison(tuple(outcomes), protocol.seeds, 1)


def check_likes(settings: Settings, models: Models) -> None:
    """All models of a comparison see the same likes."""
    if other := [n for n, model in models.items() if model and model.likes != settings.likes]:
        raise SettingsError(
            f"model {', '.join(other)}: its file sets likes, which all models of a comparison "
            "share. Put them into the file of --conf"
        )


def not_run(name: str, reason: str) -> Outcome:
    """The outcome of a model that cannot run here."""

    def rank(seed: int) -> NDArray[np.int64]:
        raise AssertionError(f"{name} does not run")

    return Outcome(Contender(name, {}, rank), (), 0, reason)
