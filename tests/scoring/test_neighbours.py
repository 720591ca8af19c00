"""Neighbour lists against sorting."""

from dataclasses import fields

import numpy as np
import pytest

from mars_model.scoring.neighbours import Neighbours, find_neighbours


def eighths(seed: int, n_rows: int, size: int = 4) -> np.ndarray:
    """Vectors whose inner products are exact in float32; many tie."""
    return (np.random.default_rng(seed).integers(-7, 8, (n_rows, size)) / 8).astype(np.float32)


def multiply(memory: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    return memory @ candidates.T


def assert_sorted_lists(found: Neighbours, memory, candidates, bias, length):
    values = multiply(memory, candidates) + bias
    relevance = multiply(memory, candidates)
    for row, plain in enumerate(values):
        order = np.argsort(-plain, kind="stable")
        n_held = min(length, len(plain))
        listed = found.positions[row]
        assert found.values[row, :n_held].tolist() == plain[order[:n_held]].tolist()
        assert plain[listed[:n_held]].tolist() == found.values[row, :n_held].tolist()
        assert len(set(listed[:n_held].tolist())) == n_held
        assert (listed[n_held:] == -1).all() and np.isneginf(found.values[row, n_held:]).all()
        rest = np.delete(plain, listed[:n_held])
        assert found.floors[row] == (rest.max() if len(rest) else -np.inf)
    assert found.lowest.tolist() == relevance.min(axis=1).tolist()
    assert found.highest.tolist() == relevance.max(axis=1).tolist()


@pytest.mark.parametrize("length", [1, 16, 100, 5000])
@pytest.mark.parametrize("n_candidates", [1, 33, 2047, 2048, 2049, 4100])
def test_lists_are_the_beginnings_of_sorted_rows(n_candidates, length):
    memory, candidates = eighths(1, 5), eighths(2, n_candidates)
    bias = eighths(3, n_candidates, 1)[:, 0].copy()
    found = find_neighbours(multiply, memory, candidates, bias, length)
    assert_sorted_lists(found, memory, candidates, bias, length)


@pytest.mark.parametrize("n_lists", [1, 127, 128, 129, 257])
def test_lists_in_pieces_are_those_of_their_own_rows(n_lists):
    memory, candidates = eighths(4, n_lists), eighths(5, 200)
    bias = np.zeros(200, dtype=np.float32)
    found = find_neighbours(multiply, memory, candidates, bias, 16)
    assert_sorted_lists(found, memory, candidates, bias, 16)


@pytest.mark.parametrize("seed", range(5))
def test_values_that_rise_fall_or_are_all_equal_are_sorted_too(seed):
    rng = np.random.default_rng(seed)
    for bias in (np.arange(3000), -np.arange(3000), np.zeros(3000), rng.permutation(3000)):
        bias = bias.astype(np.float32)
        memory, candidates = eighths(seed, 3), np.zeros((3000, 4), dtype=np.float32)
        found = find_neighbours(multiply, memory, candidates, bias, 50)
        assert_sorted_lists(found, memory, candidates, bias, 50)


def test_two_makings_are_equal():
    memory, candidates = eighths(6, 9), eighths(7, 2500)
    bias = np.zeros(2500, dtype=np.float32)
    one, other = (find_neighbours(multiply, memory, candidates, bias, 20) for _ in range(2))
    for field in fields(Neighbours):
        assert getattr(one, field.name).tobytes() == getattr(other, field.name).tobytes()
