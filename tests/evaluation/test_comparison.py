"""Figures over seeds, and margins over the best baseline."""

import math

import numpy as np
import pytest

from mars_model.evaluation.comparison import (
    MAP,
    RECALL,
    Cell,
    Contender,
    Figure,
    Outcome,
    margins,
    measure,
)
from mars_model.features.likes import LikeMatrix


def outcome(name: str, recall: list[float], is_baseline: bool = True) -> Outcome:
    cells = tuple(
        Cell(seed, (Figure("test", RECALL, value, 1), Figure("test", MAP, value / 2, 1)), seed)
        for seed, value in enumerate(recall, 1)
    )
    contender = Contender(name, {}, lambda seed: np.zeros((0, 0), dtype=np.int64), is_baseline)
    return Outcome(contender, cells, "test")


def test_both_metrics_are_taken_over_users_with_held_out_likes():
    relevant = LikeMatrix.from_rows([[1, 2], [], [0]], n_items=4)
    ranked = np.array([[1, 3, 2], [0, 1, 2], [3, 2, -1]])
    assert measure(ranked, "test", relevant) == (
        Figure("test", RECALL, (2 / 2 + 0 / 1) / 2, 2),
        Figure("test", MAP, ((1 + 2 / 3) / 2 + 0) / 2, 2),
    )


def test_mean_and_sample_deviation_over_seeds():
    found = outcome("ease", [0.2, 0.3, 0.4])
    assert found.mean(RECALL) == pytest.approx(0.3)
    # ((0.1² + 0² + 0.1²) / 2)^½
    assert found.deviation(RECALL) == pytest.approx(0.1)
    assert found.deviation(MAP) == pytest.approx(0.05)
    assert found.seconds == 2.0
    assert outcome("ease", [0.2]).deviation(RECALL) is None


def test_margins_are_over_the_best_baseline_and_never_over_another_model():
    outcomes = [
        outcome("popularity", [0.1]),
        outcome("ease", [0.2]),
        outcome("mars", [0.3], is_baseline=False),
        outcome("mars-plus", [0.15], is_baseline=False),
    ]
    found = [(m.model, m.metric, m.best_baseline, m.share) for m in margins(outcomes)]
    assert found == [
        ("mars", RECALL, "ease", pytest.approx(0.5)),
        ("mars", MAP, "ease", pytest.approx(0.5)),
        ("mars-plus", RECALL, "ease", pytest.approx(-0.25)),
        ("mars-plus", MAP, "ease", pytest.approx(-0.25)),
    ]


def test_no_baseline_no_margin_and_none_over_zero():
    model = outcome("mars", [0.3], is_baseline=False)
    assert margins([model]) == []
    assert all(math.isnan(m.share) for m in margins([outcome("ease", [0.0]), model]))
