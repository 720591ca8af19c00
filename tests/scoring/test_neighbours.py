"""Neighbour lists against a plain argsort over all items."""

import numpy as np
import pytest

from mars_model.scoring.neighbours import extend_neighbours, find_neighbours


def relevance(memory, candidates):
    return (memory @ candidates.T).astype(np.float32)


@pytest.mark.parametrize("n_candidates", [1, 5, 40, 2047, 2048, 4100])
@pytest.mark.parametrize("length", [3, 40])
def test_lists_hold_the_largest_values_and_say_what_they_leave_out(
    tanh_vectors, n_candidates, length
):
    memory, vectors = tanh_vectors(1, 130, 6), tanh_vectors(2, n_candidates, 6)
    bias = np.random.default_rng(3).normal(size=n_candidates).astype(np.float32)
    found = find_neighbours(relevance, memory, vectors, bias, length)
    values = relevance(memory, vectors) + bias
    ordered = -np.sort(-values, axis=1)
    n = min(length, n_candidates)
    np.testing.assert_allclose(found.values[:, :n], ordered[:, :n], rtol=1e-5, atol=1e-6)
    assert (found.positions[:, n:] == -1).all() and np.isneginf(found.values[:, n:]).all()
    for row in range(130):
        listed = found.positions[row, :n]
        assert len(set(listed.tolist())) == n
        np.testing.assert_allclose(values[row, listed], found.values[row, :n], atol=1e-6)
    if n_candidates > length:
        np.testing.assert_allclose(found.floors, ordered[:, length], rtol=1e-5, atol=1e-6)
    else:
        assert np.isneginf(found.floors).all()
    without_bias = relevance(memory, vectors)
    np.testing.assert_allclose(found.lowest, without_bias.min(axis=1), atol=1e-6)
    np.testing.assert_allclose(found.highest, without_bias.max(axis=1), atol=1e-6)


def test_equal_items_fill_a_list_without_losing_any(tanh_vectors):
    memory = tanh_vectors(1, 3, 4)
    vectors = np.repeat(tanh_vectors(2, 1, 4), 100, axis=0)
    found = find_neighbours(relevance, memory, vectors, np.zeros(100, np.float32), 7)
    for row in range(3):
        assert len(set(found.positions[row].tolist())) == 7
        assert found.floors[row] == found.values[row, 0] == found.values[row, 6]


@pytest.mark.parametrize("changed", [[], [0], [3, 17, 39], list(range(30, 40))])
def test_changed_items_are_entered_by_their_new_values(tanh_vectors, changed):
    memory, vectors = tanh_vectors(1, 20, 6), tanh_vectors(2, 40, 6)
    bias = np.random.default_rng(3).normal(size=40).astype(np.float32)
    held = find_neighbours(relevance, memory, vectors, bias, 10)
    changed = np.array(changed, dtype=np.int32)
    vectors = vectors.copy()
    vectors[changed] = tanh_vectors(9, len(changed), 6)
    new = relevance(memory, vectors[changed])
    found = extend_neighbours(held, new, bias[changed], changed)
    values = relevance(memory, vectors) + bias
    for row in range(20):
        listed = found.positions[row][found.positions[row] >= 0]
        np.testing.assert_allclose(values[row, listed], found.values[row, : len(listed)], atol=1e-6)
        assert (np.diff(found.values[row, : len(listed)]) <= 0).all()
        left_out = np.setdiff1d(np.arange(40), listed)
        assert (values[row, left_out] <= found.floors[row] + 1e-6).all()
        assert found.lowest[row] <= (values[row] - bias).min() + 1e-6
        assert found.highest[row] >= (values[row] - bias).max() - 1e-6
