"""Settings that follow from counts of users, likes and items."""

import pytest

from mars_model.training.derived_settings import users_of_batch, vector_dropout_of


def test_a_batch_is_a_tenth_of_the_users_within_limits() -> None:
    assert [users_of_batch(n) for n in (1, 330, 603, 2669, 10**6)] == [32, 33, 60, 256, 256]


def test_the_fewer_likes_an_item_the_more_of_its_vector_is_dropped() -> None:
    assert vector_dropout_of(n_likes=150, n_items=100) == 0.5
    assert vector_dropout_of(n_likes=0, n_items=0) == 0.5
    assert vector_dropout_of(n_likes=1200, n_items=100) == pytest.approx(0.3)
    assert vector_dropout_of(n_likes=10**9, n_items=100) == pytest.approx(0.3)
    # Half way by the logarithm: the square root of 2 times 12.
    assert vector_dropout_of(n_likes=4899, n_items=1000) == pytest.approx(0.4, abs=1e-4)
