"""iALS against plain normal equations, and its loss against a plain loop over all pairs."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from mars_model.evaluation.baselines.factors import by_item
from mars_model.evaluation.baselines.ials import Ials
from mars_model.evaluation.baselines.interface import Known
from mars_model.features.likes import LikeMatrix

# Users 0 and 1 have equally many likes, 3 more than there are factors, 4 none; nobody likes 5.
ROWS = [[0, 2], [1, 4], [2], [0, 1, 2, 3, 4], []]
LIKES = LikeMatrix.from_rows(ROWS, n_items=6)
IALS = Ials(n_factors=3, unliked_weight=0.2, penalty=0.1, n_sweeps=4)


def loss(users: np.ndarray, items: np.ndarray, model: Ials) -> float:
    """The loss as it is written, pair by pair."""
    n_users, n_items = len(users), len(items)
    total = 0.0
    for user in range(n_users):
        for item in range(n_items):
            score = float(users[user] @ items[item])
            total += model.unliked_weight * score**2
            if item in ROWS[user]:
                total += (1 - score) ** 2
    for user in range(n_users):
        weight = (len(ROWS[user]) + model.unliked_weight * n_items) ** model.penalty_exponent
        total += model.penalty * weight * float(users[user] @ users[user])
    for item in range(n_items):
        n_likes = sum(item in row for row in ROWS)
        weight = (n_likes + model.unliked_weight * n_users) ** model.penalty_exponent
        total += model.penalty * weight * float(items[item] @ items[item])
    return total


@pytest.mark.parametrize("exponent", [1.0, 0.5])
@pytest.mark.parametrize("side", ["users", "items"])
def test_each_row_solves_its_normal_equations(side: str, exponent: float) -> None:
    model = replace(IALS, penalty_exponent=exponent)
    rows = ROWS if side == "users" else [[u for u in range(5) if i in ROWS[u]] for i in range(6)]
    liked = LIKES if side == "users" else by_item(LIKES)
    other = np.random.default_rng(1).normal(size=(6 if side == "users" else 5, 3))
    found = model.solve(other, liked)
    for row, its_likes in zip(found, rows, strict=True):
        left, right = np.zeros((3, 3)), np.zeros(3)
        for position, vector in enumerate(other):
            left += 0.2 * np.outer(vector, vector)
            if position in its_likes:
                left += np.outer(vector, vector)
                right += vector
        left += 0.1 * (len(its_likes) + 0.2 * len(other)) ** exponent * np.eye(3)
        np.testing.assert_allclose(row, np.linalg.solve(left, right), atol=1e-12)


def test_rows_are_the_same_however_many_are_solved_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    likes = LikeMatrix.from_rows([[user % 6, 5] for user in range(5)] * 4, n_items=6)
    other = np.random.default_rng(2).normal(size=(6, 3))
    together = IALS.solve(other, likes)
    monkeypatch.setattr("mars_model.evaluation.baselines.ials._BLOCK_ENTRIES", 12)
    np.testing.assert_allclose(IALS.solve(other, likes), together, atol=1e-12)


def test_the_loss_falls_in_every_half_sweep() -> None:
    items = np.random.default_rng(3).normal(size=(6, 3))
    users = np.random.default_rng(4).normal(size=(5, 3))
    losses = [loss(users, items, IALS)]
    for _ in range(5):
        users = IALS.solve(items, LIKES)
        losses.append(loss(users, items, IALS))
        items = IALS.solve(users, by_item(LIKES))
        losses.append(loss(users, items, IALS))
    assert all(after < before for before, after in pairwise(losses))


def test_more_sweeps_go_on_from_fewer() -> None:
    known = Known(LIKES, (), seed=1)
    losses = []
    for n_sweeps in (1, 2, 4, 8):
        fitted = replace(IALS, n_sweeps=n_sweeps).fit(known)
        losses.append(loss(fitted.users, fitted.items, IALS))
    assert losses == sorted(losses, reverse=True) and losses[0] > losses[1]


def test_the_seed_decides_the_factors_whatever_the_number_of_threads() -> None:
    first, again = (IALS.fit(Known(LIKES, (), seed=1, n_threads=n)) for n in (1, 2))
    assert (first.users == again.users).all() and (first.items == again.items).all()
    assert (IALS.fit(Known(LIKES, (), seed=2)).items != first.items).any()


def test_who_has_no_likes_has_no_factors() -> None:
    fitted = IALS.fit(Known(LIKES, (), seed=1))
    assert not fitted.users[4].any() and not fitted.items[5].any()
    assert fitted.users[:4].all(axis=1).all() and fitted.items[:5].all(axis=1).all()
