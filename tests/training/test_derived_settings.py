"""Settings that follow from counts of users, likes and items."""

import pytest

from mars_model.features.likes import LikeMatrix
from mars_model.settings import Settings
from mars_model.training.derived_settings import settle, users_of_batch, way_to_many


def test_a_batch_is_a_tenth_of_the_users_within_limits() -> None:
    assert [users_of_batch(n) for n in (1, 330, 603, 2669, 10**6)] == [32, 33, 60, 256, 256]


def test_likes_count_by_those_beside_them() -> None:
    # 8 likes a user times 5 an item are few, 50 times 20 are many, 20 times 10 half way.
    assert way_to_many(n_likes=800, n_users=100, n_items=160) == 0.0
    assert way_to_many(n_likes=5000, n_users=100, n_items=250) == pytest.approx(1.0)
    assert way_to_many(n_likes=2000, n_users=100, n_items=200) == pytest.approx(0.5)


def test_beyond_few_and_many_nothing_changes() -> None:
    assert way_to_many(n_likes=0, n_users=0, n_items=0) == 0.0
    assert way_to_many(n_likes=150, n_users=100, n_items=100) == 0.0
    assert way_to_many(n_likes=10**9, n_users=1000, n_items=100) == pytest.approx(1.0)


def test_what_is_left_open_follows_from_the_likes() -> None:
    few = LikeMatrix.from_rows([[0, 1], [1, 2]], n_items=3)
    settled = settle(Settings(), few)
    assert (settled.learning_rate, settled.vector_dropout) == (0.002, 0.5)
    assert (settled.logit_scale, settled.weight_averaging) == (2.0, 0.99)
    assert (settled.max_epochs, settled.users_per_batch, settled.start_decay) == (70, 32, 3.0)
    many = LikeMatrix.from_rows([list(range(100))] * 100, n_items=100)
    settled = settle(Settings(), many)
    assert settled.learning_rate == pytest.approx(0.009)
    assert settled.vector_dropout == pytest.approx(0.1)
    assert settled.logit_scale == pytest.approx(1.2)
    assert settled.weight_averaging == pytest.approx(0.97)
    assert (settled.max_epochs, settled.users_per_batch) == (25, 32)
    assert settled.start_decay == pytest.approx(0.0, abs=1e-12)


def test_half_way_is_between() -> None:
    likes = LikeMatrix.from_rows([[*range(10), *range(10)][i : i + 10] for i in range(10)] * 2, 10)
    assert way_to_many(likes.n_likes, likes.n_users, likes.n_items) == pytest.approx(0.5)
    settled = settle(Settings(), likes)
    assert settled.learning_rate == pytest.approx(0.0055)
    assert settled.vector_dropout == pytest.approx(0.3)
    assert settled.logit_scale == pytest.approx(1.6)
    assert settled.weight_averaging == pytest.approx(0.98)
    assert settled.max_epochs == 48
    assert settled.start_decay == pytest.approx(1.5)
    # What starts at random is not held there, unless somebody says so.
    assert settle(Settings(model={"text_start": "random"}), likes).start_decay == 0.0


def test_what_is_said_stays() -> None:
    said = {"learning_rate": 0.02, "vector_dropout": 0.0, "max_epochs": 3, "users_per_batch": 7}
    likes = LikeMatrix.from_rows([[0, 1], [1, 2]], n_items=3)
    settled = settle(Settings(training=said), likes)
    assert {name: getattr(settled, name) for name in said} == said
