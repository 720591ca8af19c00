"""The paired test of the best against the second, against the formula of the t-test."""

import math

import numpy as np
import pytest

from mars_model.evaluation.comparison import Cell, Contender, Figure, Outcome
from mars_model.evaluation.significance import paired_tests

METRIC = "map@500"


def outcome(name: str, by_user: list[float], is_baseline: bool = True) -> Outcome:
    values = np.array(by_user)
    mean = float(np.nanmean(values))
    cell = Cell(1, (Figure("test", METRIC, mean, len(by_user)),), 0.0, None, {METRIC: values})
    no_lists = np.zeros((0, 0), dtype=np.int64)
    return Outcome(Contender(name, {}, lambda seed: no_lists, is_baseline), (cell,))


def test_the_best_is_tested_against_the_next_over_users_who_count():
    (found,) = paired_tests(
        [
            outcome("popularity", [0.0, 0.0, 0.1, 0.0, 0.0]),
            outcome("mars", [0.5, 0.7, 0.6, 0.9, math.nan], is_baseline=False),
            outcome("ease", [0.4, 0.5, 0.6, 0.5, 0.9]),
        ],
        METRIC,
    )
    assert (found.best, found.second, found.n_users) == ("mars", "ease", 4)
    differences = [0.1, 0.2, 0.0, 0.4]
    mean = sum(differences) / 4
    deviation = math.sqrt(sum((d - mean) ** 2 for d in differences) / 3)
    assert found.difference == pytest.approx(mean)
    # Student's t with 3 degrees of freedom: half of 95 % lies within 3.18245 standard errors.
    half = 3.182446 * deviation / 2
    assert (found.low, found.high) == (pytest.approx(mean - half), pytest.approx(mean + half))
    t = mean / (deviation / 2)
    # The distribution function of t with 3 degrees of freedom in closed form.
    below = 0.5 + (math.atan(t / 3**0.5) + t / 3**0.5 / (1 + t * t / 3)) / math.pi
    assert found.p_value == pytest.approx(2 * (1 - below))


def test_the_best_baseline_is_tested_too_where_another_model_stands_between():
    outcomes = [
        outcome("ease", [0.25, 0.5]),
        outcome("mars", [0.5, 0.7], is_baseline=False),
        outcome("mars-plus", [0.75, 0.8], is_baseline=False),
        outcome("popularity", [0.1, 0.1]),
    ]
    found = [(test.best, test.second) for test in paired_tests(outcomes, METRIC)]
    assert found == [("mars-plus", "mars"), ("mars-plus", "ease")]


def test_equal_models_are_not_told_apart_and_a_constant_gap_is():
    (equal,) = paired_tests([outcome("a", [0.5, 0.25]), outcome("b", [0.5, 0.25])], METRIC)
    assert (equal.p_value, equal.difference, equal.low, equal.high) == (1.0, 0.0, 0.0, 0.0)
    (apart,) = paired_tests([outcome("a", [0.75, 0.5]), outcome("b", [0.5, 0.25])], METRIC)
    assert (apart.p_value, apart.low, apart.high) == (0.0, 0.25, 0.25)


def test_one_model_or_one_user_is_no_test():
    assert paired_tests([outcome("a", [0.5, 0.2])], METRIC) == []
    assert paired_tests([outcome("a", [0.5]), outcome("b", [0.2])], METRIC) == []
    not_run = Outcome(outcome("c", [0.1]).contender, (), 0, "not here")
    assert paired_tests([outcome("a", [0.5, 0.2]), not_run], METRIC) == []
    assert paired_tests([], METRIC) == []
