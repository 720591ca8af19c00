"""The same search for every model of a comparison: so many settings, judged by one function.

Nothing is stored here: what a trial gave stands in the comparison's cells, and a search that begins
again draws the same settings and finds them there.
"""

from collections.abc import Callable, Mapping

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from mars_model.evaluation.search_space import Choice, Range, Space, Value


def search(
    space: Space,
    start: Mapping[str, Value],
    n_trials: int,
    seed: int,
    judge: Callable[[dict[str, Value]], float],
) -> tuple[dict[str, Value], int]:
    """The best of `n_trials` settings by `judge`, larger is better, and how many were tried.

    The first trial takes `start`, which names the settings where a model is without a search; of
    equal ones the earlier wins. Where there is nothing to search, one trial is all there are.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize")
    study.enqueue_trial(_draws(space, start))
    best: tuple[float, dict[str, Value]] | None = None
    n_trials = n_trials if space else 1
    for n in range(n_trials):
        # Seeded by trial: what is drawn depends on the trials before and on nothing else.
        trial_seed = int(np.random.default_rng((seed, n)).integers(2**31))
        study.sampler = optuna.samplers.TPESampler(seed=trial_seed)
        trial = study.ask({name: _distribution(d) for name, d in space.items()})
        values = {name: _setting(d, trial.params[name]) for name, d in space.items()}
        value = judge(values)
        study.tell(trial, value)
        if best is None or value > best[0]:
            best = value, values
    assert best is not None
    return best[1], n_trials


def _distribution(values: Choice | Range) -> BaseDistribution:
    if isinstance(values, Choice):
        # By place: not every value is one that Optuna takes.
        return CategoricalDistribution(tuple(range(len(values.values))))
    if values.is_whole:
        return IntDistribution(int(values.low), int(values.high), log=values.is_log)
    return FloatDistribution(values.low, values.high, log=values.is_log)


def _setting(values: Choice | Range, drawn: int | float) -> Value:
    return values.values[int(drawn)] if isinstance(values, Choice) else values.setting(drawn)


def _draws(space: Space, start: Mapping[str, Value]) -> dict[str, int | float]:
    """The draws that stand for settings; those that the space does not have are left out."""
    draws: dict[str, int | float] = {}
    for name, value in start.items():
        values = space[name]
        if isinstance(values, Choice):
            if value in values.values:
                draws[name] = values.values.index(value)
        elif isinstance(value, int | float) and (drawn := values.draw_of(value)) is not None:
            draws[name] = drawn
    return draws
