"""Parts of the users and of the items: each user in one span, each like in one group."""

import math

import numpy as np

from mars_model.evaluation.comparison import Cell, Comparison, Contender, Figure, Outcome
from mars_model.evaluation.groups import groups
from mars_model.evaluation.measures import ITEM_GROUPS, part_of

RECALL = "recall@50"


def comparison(n_training: list[int], by_user: dict[str, list[float]]) -> Comparison:
    outcomes = []
    for name, values in by_user.items():
        figures = [Figure(part_of(g), RECALL, 0.0, 0) for g in ITEM_GROUPS[1:]]
        figures.append(Figure(part_of(ITEM_GROUPS[0]), RECALL, values[0], 3))
        cell = Cell(1, tuple(figures), 0.0, None, {RECALL: np.array(values)})
        contender = Contender(name, {}, lambda seed: np.zeros((0, 0), dtype=np.int64))
        outcomes.append(Outcome(contender, (cell,)))
    return Comparison("d", "paper", {}, {}, 50, (1,), 1, tuple(outcomes), np.array(n_training))


def test_users_are_grouped_by_the_likes_that_they_train_with():
    found = groups(
        comparison(
            [1, 2, 4, 100, 150],
            {"a": [0.5, 0.25, 0.75, 1.0, 0.0], "b": [0.0, math.nan, 0.5, math.nan, math.nan]},
        )
    )
    by_history = [(g.name, g.n_users, g.values) for g in found if g.by == "history length"]
    assert by_history == [
        ("1 training like", 1, {"a": 0.5, "b": 0.0}),
        ("2 to 4 training likes", 2, {"a": 0.5, "b": 0.5}),
        ("100 training likes and more", 2, {"a": 0.5, "b": None}),
    ]


def test_groups_of_items_without_a_held_out_like_stay_out():
    found = groups(comparison([1], {"a": [0.5]}))
    by_item = [(g.name, g.n_users, g.values) for g in found if g.by == "item popularity"]
    assert by_item == [("head items", 3, {"a": 0.5})]


def test_a_comparison_in_which_nothing_ran_has_no_groups():
    assert groups(comparison([1, 2], {})) == []
