"""Neighbour lists against sorting, made at once and kept up to date."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mars_model.scoring.neighbours import Neighbours, extend_neighbours, find_neighbours


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


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 10),
    n_items=st.sampled_from([3, 20, 70]),
    length=st.sampled_from([1, 4, 16, 80]),
    rounds=st.lists(st.sets(st.integers(0, 69), min_size=1, max_size=15), min_size=1, max_size=4),
    new_items=st.integers(0, 3),
)
def test_extended_lists_say_what_is_true_of_the_changed_catalogue(
    seed, n_items, length, rounds, new_items
):
    rng = np.random.default_rng(seed)
    memory, candidates = eighths(seed, 6), eighths(seed + 1, n_items)
    bias = eighths(seed + 2, n_items + 3 * len(rounds), 1)[:, 0].copy()
    found = find_neighbours(multiply, memory, candidates, bias[:n_items], length)
    for drawn in rounds:
        before = len(candidates)
        candidates = np.concatenate([candidates, eighths(seed + 3, new_items)])
        old = np.array(sorted({i % before for i in drawn}), dtype=np.int32)
        candidates[old] = (rng.integers(-7, 8, (len(old), 4)) / 8).astype(np.float32)
        new = np.arange(before, len(candidates), dtype=np.int32)
        changed = np.concatenate([old, new]).astype(np.int32)
        some = multiply(memory, candidates[changed])
        found = extend_neighbours(found, some, bias[changed], changed)
        values = multiply(memory, candidates) + bias[: len(candidates)]
        relevance = multiply(memory, candidates)
        for row, plain in enumerate(values):
            listed = found.positions[row]
            held = listed[listed >= 0]
            assert len(set(held.tolist())) == len(held)
            assert found.values[row][listed >= 0].tolist() == plain[held].tolist()
            assert (np.diff(found.values[row][listed >= 0]) <= 0).all()
            assert np.isneginf(found.values[row][listed < 0]).all()
            rest = np.delete(plain, held)
            assert not len(rest) or rest.max() <= found.floors[row]
            assert found.lowest[row] <= relevance[row].min()
            assert found.highest[row] >= relevance[row].max()


def test_an_entered_item_pushes_the_last_out_and_the_floor_says_so():
    held = Neighbours(
        positions=np.array([[2, 0]], dtype=np.int32),
        values=np.array([[5.0, 3.0]], dtype=np.float32),
        floors=np.array([1.0], dtype=np.float32),
        lowest=np.array([-2.0], dtype=np.float32),
        highest=np.array([5.0], dtype=np.float32),
    )
    # Item 4 is new with relevance 4; item 2 changed to 2: it was first and is now left out.
    found = extend_neighbours(
        held,
        np.array([[2.0, 4.0]], dtype=np.float32),
        np.zeros(2, dtype=np.float32),
        np.array([2, 4], dtype=np.int32),
    )
    assert found.positions.tolist() == [[4, 0]]
    assert found.values.tolist() == [[4.0, 3.0]]
    assert found.floors.tolist() == [2.0]
    assert (found.lowest.tolist(), found.highest.tolist()) == ([-2.0], [5.0])
