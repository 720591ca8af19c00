"""Runs reproduce: the paper's Table 1, Figures 4 to 7 and Table 2 on the warehouse's likes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mars_model.comparing.bench import Bench, Say
from mars_model.comparing.evaluate import Models, Protocol, Tuned, family_of, open_bench, tune_all
from mars_model.comparing.profiles import (
    ITEM_PENALTY_OF,
    SIZE_OF,
    USER_PENALTY_OF,
    VARIANTS,
    Profile,
)
from mars_model.evaluation.comparison import Comparison, main_metrics
from mars_model.evaluation.variant import fit_variant
from mars_model.features.likes import LikeMatrix
from mars_model.scoring.recommended import recommend
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse

# Table 2: so many users, recommendations of each, and likes behind each of these.
_N_USERS, _N_ITEMS, _N_REASONS = 2, 2, 3
# A history that fits a table and still leaves attention something to choose from.
_FEWEST_LIKES, _MOST_LIKES = 4, 12
_EXPLAINED = "mars"


@dataclass(frozen=True)
class Reproduction:
    """Table 1 as a comparison; curves and examples as contract.py has them."""

    comparison: Comparison
    curves: list[dict[str, Any]]
    examples: list[dict[str, Any]]


def reproduce(
    warehouse: Warehouse,
    settings: Settings,
    models: Models,
    variants: Mapping[str, Settings],
    profile: Profile,
    run_date: date,
    say: Say,
) -> Reproduction:
    """Compare, vary, leave parts out, explain; what stands in evaluation_metrics is not repeated.

    `models` are Table 1's in its order, None for baselines; `variants` Figure 7's.
    """
    protocol = Protocol(run_date, profile.seeds, n_trials=profile.n_trials)
    bench = open_bench(warehouse, settings, models, protocol, say)
    tuned = tune_all(bench, settings, models, protocol, profile.searched)
    figures = (
        ("Figure 4", "size of the vectors", SIZE_OF, profile.sizes),
        ("Figure 5", "penalty of users, λ_u", USER_PENALTY_OF, profile.penalties),
        ("Figure 6", "penalty of items, λ_v", ITEM_PENALTY_OF, profile.penalties),
    )
    curves = [_vary(bench, tuned, *figure) for figure in figures]
    curves += _compare_variants(bench, variants, settings, profile.seeds)
    shown = _explain(bench, variants[_EXPLAINED])
    outcomes = tuple(model.outcome for model in tuned)
    comparison = bench.comparison(outcomes, profile.seeds, profile.n_trials)
    return Reproduction(comparison, curves, shown)


def _vary(
    bench: Bench,
    tuned: Sequence[Tuned],
    figure: str,
    label: str,
    setting_of: Mapping[str, str],
    values: Sequence[int | float],
) -> dict[str, Any]:
    """A figure: recall on the first seed's validation likes, one setting of each model varied."""
    recall = main_metrics(bench.judge.at)[0]
    series: dict[str, list[tuple[float, float]]] = {}
    for model in tuned:
        family, setting = model.family, setting_of.get(model.outcome.name)
        if family and setting and model.outcome.cells:
            bench.say(f"{figure}: {family.name}, {setting}")
            points = []
            for value in values:
                contender = family.contender({**model.values, setting: value})
                points.append((float(value), max(0.0, bench.validation(contender, recall))))
            series[family.name] = points
    return {"figure": figure, "x": label, "metric": recall, "series": series}


def _compare_variants(
    bench: Bench, variants: Mapping[str, Settings], settings: Settings, seeds: tuple[int, ...]
) -> list[dict[str, Any]]:
    """Figure 7: each part of the model left out in turn, as the files say, on test likes."""
    outcomes = []
    for name in VARIANTS:
        family = family_of(name, variants[name], settings, bench)
        outcomes.append(bench.run(family.contender(family.start), seeds, 1))
    return [
        {
            "figure": "Figure 7",
            "x": "variant",
            "metric": metric,
            "series": {
                "as their files say": [
                    (o.name, o.mean(metric), o.deviation(metric)) for o in outcomes if o.cells
                ]
            },
        }
        for metric in main_metrics(bench.judge.at)
    ]


def _explain(bench: Bench, settings: Settings) -> list[dict[str, Any]]:
    """Table 2, by the first seed's training."""
    bench.say(f"Table 2: {_EXPLAINED}")
    seed, data = bench.tuning_seed, bench.data
    split, titles = bench.split_of(seed), data.titles()
    users = first_users(split.training, _N_USERS)
    if not len(users):
        return []
    histories = split.training.take(users)
    catalogue = fit_variant(settings, data.words_of(settings.documents), split, seed)
    lists = recommend(catalogue, histories, _N_ITEMS, _N_REASONS, settings.model.attention)
    return [
        {
            "user": str(data.user_ids[split.users[user_idx]]),
            "likes": [titles[item] for item in histories.row(row)],
            "recommendations": [
                {
                    "title": titles[int(one.item_id)],
                    "reasons": [
                        {
                            "title": titles[int(because.item_id)],
                            "attention": because.attention,
                            "contribution": because.contribution,
                        }
                        for because in one.reasons
                    ],
                }
                for one in lists[row]
            ],
        }
        for row, user_idx in enumerate(users)
    ]


def first_users(training: LikeMatrix, n: int) -> NDArray[np.int64]:
    """The first users with 4 to 12 training likes: not chosen for how their lists look."""
    n_likes = np.diff(training.starts)
    fits = np.flatnonzero((n_likes >= _FEWEST_LIKES) & (n_likes <= _MOST_LIKES))
    return fits[:n]
