"""Draws of training examples: what may be in them, what is skipped, and how often."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mars_model.errors import InputDataError
from mars_model.features.likes import LikeMatrix
from mars_model.training.sampling import ExampleSampler, draw_subsets

N_ITEMS = 6
ROWS = st.lists(
    st.lists(st.integers(0, N_ITEMS - 1), unique=True, max_size=N_ITEMS), min_size=1, max_size=8
)


@settings(deadline=None, max_examples=60)
@given(rows=ROWS, max_memory=st.integers(1, 4), seed=st.integers(0, 5))
def test_every_example_keeps_to_its_users_likes(rows, max_memory, seed):
    rows = [*rows, [0, 3]]
    batch = ExampleSampler(LikeMatrix.from_rows(rows, N_ITEMS), 16, max_memory).draw(
        np.random.default_rng(seed)
    )
    assert len(batch.user_idx) > 0
    assert (len(batch.user_idx) + batch.n_skipped) % 16 == 0
    for user, positive, negative, memory, mask in zip(
        batch.user_idx,
        batch.positive_idx,
        batch.negative_idx,
        batch.memory_idx,
        batch.memory_mask,
        strict=True,
    ):
        others = set(rows[user]) - {positive}
        slots = memory[mask].tolist()
        assert positive in rows[user]
        assert negative not in rows[user]
        assert 0 <= negative < N_ITEMS
        assert set(slots) <= others
        assert len(slots) == len(set(slots)) == min(max_memory, len(others))
        assert set(memory.tolist()) == set(slots)


def test_draws_of_users_with_one_like_or_all_items_are_skipped_and_counted():
    likes = LikeMatrix.from_rows([[0], [0, 1, 2], [1, 2], []], n_items=3)
    sampler = ExampleSampler(likes, batch_size=3000, max_memory=5)
    batch = sampler.draw(np.random.default_rng(1))
    assert set(batch.user_idx.tolist()) == {2}
    assert len(batch.user_idx) + batch.n_skipped == 3000
    # Users 0, 1 and 2 are drawn alike; user 3, without likes, is not drawn at all.
    assert 1800 < batch.n_skipped < 2200


def test_negatives_positives_and_memories_are_uniform():
    likes = LikeMatrix.from_rows([[1, 4, 5]], n_items=8)
    sampler = ExampleSampler(likes, batch_size=20_000, max_memory=1)
    batch = sampler.draw(np.random.default_rng(2))
    negatives = np.bincount(batch.negative_idx, minlength=8) / 20_000
    np.testing.assert_allclose(negatives, np.array([1, 0, 1, 1, 0, 0, 1, 1]) / 5, atol=0.015)
    for values in (batch.positive_idx, batch.memory_idx[:, 0]):
        shares = np.bincount(values, minlength=8) / 20_000
        np.testing.assert_allclose(shares, np.array([0, 1, 0, 0, 1, 1, 0, 0]) / 3, atol=0.015)


def test_subsets_are_uniform_where_they_are_cut_and_whole_where_they_fit():
    subsets, mask = draw_subsets(np.array([4] * 12_000 + [1]), 2, np.random.default_rng(3))
    pairs, counts = np.unique(np.sort(subsets[:-1], axis=1), axis=0, return_counts=True)
    assert pairs.tolist() == [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]
    np.testing.assert_allclose(counts / 12_000, 1 / 6, atol=0.015)
    assert subsets[-1].tolist() == [0, 0]
    assert mask[-1].tolist() == [True, False]


def test_the_same_generator_state_draws_the_same_batch(likes):
    sampler = ExampleSampler(likes, batch_size=16, max_memory=2)
    first, second = (sampler.draw(np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(first.memory_idx, second.memory_idx)
    assert np.array_equal(first.negative_idx, second.negative_idx)


@pytest.mark.parametrize("rows", [[[0], [1]], [[0, 1, 2]], [[]]])
def test_likes_that_give_no_example_at_all_are_refused(rows):
    with pytest.raises(InputDataError, match="no user with two likes"):
        ExampleSampler(LikeMatrix.from_rows(rows, n_items=3), batch_size=4, max_memory=2)
