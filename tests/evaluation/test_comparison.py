"""Figures over seeds, and margins over the best baseline."""

import math
from dataclasses import replace

import numpy as np
import pytest

from mars_model.evaluation.comparison import (
    MAP,
    Cell,
    Contender,
    Figure,
    Outcome,
    edge_warnings,
    main_metrics,
    margins,
)

RECALL = "recall@50"


def outcome(name: str, recall: list[float], is_baseline: bool = True) -> Outcome:
    cells = tuple(
        Cell(
            seed,
            (Figure("test", RECALL, value, 1), Figure("test", MAP, value / 2, 1)),
            seconds=seed,
            peak_mb=100.0 * seed,
        )
        for seed, value in enumerate(recall, 1)
    )
    contender = Contender(name, {}, lambda seed: np.zeros((0, 0), dtype=np.int64), is_baseline)
    return Outcome(contender, cells)


def test_mean_and_sample_deviation_over_seeds():
    found = outcome("ease", [0.2, 0.3, 0.4])
    assert found.mean(RECALL) == pytest.approx(0.3)
    # ((0.1² + 0² + 0.1²) / 2)^½
    assert found.deviation(RECALL) == pytest.approx(0.1)
    assert found.deviation(MAP) == pytest.approx(0.05)
    assert found.seconds == 2.0 and found.peak_mb == 300.0
    assert outcome("ease", [0.2]).deviation(RECALL) is None


def test_a_users_value_is_the_mean_over_the_seeds_in_which_he_counts():
    nan = math.nan
    cells = tuple(
        Cell(seed, (), 0.0, None, {RECALL: np.array(values)})
        for seed, values in ((1, [0.5, nan, nan]), (2, [1.0, 0.25, nan]))
    )
    found = Outcome(outcome("ease", []).contender, cells).by_user(RECALL)
    assert found[:2].tolist() == [0.75, 0.25] and math.isnan(found[2])
    assert Outcome(outcome("ease", []).contender, cells).peak_mb is None


def test_margins_are_over_the_best_baseline_and_never_over_another_model():
    outcomes = [
        outcome("popularity", [0.1]),
        outcome("ease", [0.2]),
        outcome("cmf", []),  # did not run
        outcome("mars", [0.3], is_baseline=False),
        outcome("mars-plus", [0.15], is_baseline=False),
    ]
    found = margins(outcomes, main_metrics(50))
    assert [(m.model, m.metric, m.best_baseline, m.share) for m in found] == [
        ("mars", RECALL, "ease", pytest.approx(0.5)),
        ("mars", MAP, "ease", pytest.approx(0.5)),
        ("mars-plus", RECALL, "ease", pytest.approx(-0.25)),
        ("mars-plus", MAP, "ease", pytest.approx(-0.25)),
    ]


def test_no_baseline_no_margin_and_none_over_zero():
    model = outcome("mars", [0.3], is_baseline=False)
    assert margins([model], main_metrics(50)) == []
    found = margins([outcome("ease", [0.0]), model], main_metrics(50))
    assert all(math.isnan(m.share) for m in found)


def test_a_search_that_ended_at_an_edge_is_warned_of_and_no_other():
    at_edge = ("penalty 10 (searched from 0.03 to 10)", "n_factors 5 (searched from 5 to 100)")
    inside = outcome("ease", [0.2])
    outside = replace(outcome("als", [0.2]), at_edge=at_edge)
    not_run = replace(outcome("cmf", []), at_edge=at_edge)
    assert edge_warnings([inside, outside, not_run]) == [
        "als: its best settings lie at an edge of what was searched: penalty 10 (searched from "
        "0.03 to 10), n_factors 5 (searched from 5 to 100). Wider ranges may find better ones"
    ]
