"""Figures of a comparison for parts of the users and of the items."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mars_model.evaluation.comparison import Comparison, main_metrics
from mars_model.evaluation.measures import ITEM_GROUPS, part_of

# Least number of training likes of each group of users.
_FROM = (1, 2, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class Group:
    """recall of each model over one group; None where it has no user with a held-out like."""

    by: str
    name: str
    metric: str
    values: dict[str, float | None]
    n_users: int


def groups(comparison: Comparison) -> list[Group]:
    """By length of the history, and by popularity of the held-out items; empty groups stay out."""
    if not comparison.ran:
        return []
    return [*_by_history(comparison), *_by_item(comparison)]


def _by_history(comparison: Comparison) -> Iterator[Group]:
    metric = main_metrics(comparison.at)[0]
    by_user = {outcome.name: outcome.by_user(metric) for outcome in comparison.ran}
    for low, high in zip(_FROM, (*_FROM[1:], None), strict=True):
        is_in = comparison.n_training >= low
        if high is not None:
            is_in &= comparison.n_training < high
        values = {name: v[is_in & ~np.isnan(v)] for name, v in by_user.items()}
        n_users = max(len(v) for v in values.values())
        if n_users:
            means = {name: float(v.mean()) if len(v) else None for name, v in values.items()}
            yield Group("history length", _span(low, high), metric, means, n_users)


def _by_item(comparison: Comparison) -> Iterator[Group]:
    metric = main_metrics(comparison.at)[0]
    for name in ITEM_GROUPS:
        part = part_of(name)
        figures = (f for o in comparison.ran for c in o.cells for f in c.figures)
        n_users = max((f.n_users for f in figures if f.part == part), default=0)
        if n_users:
            values: dict[str, float | None] = {o.name: o.mean(metric, part) for o in comparison.ran}
            yield Group("item popularity", name, metric, values, n_users)


def _span(low: int, high: int | None) -> str:
    if high is None:
        return f"{low} training likes and more"
    if high == low + 1:
        return "1 training like" if low == 1 else f"{low} training likes"
    return f"{low} to {high - 1} training likes"
