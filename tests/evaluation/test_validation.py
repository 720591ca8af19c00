"""Ranking by vectors, in blocks of users, as the attention's formula says."""

import math

import numpy as np
import pytest

from mars_model.evaluation.validation import rank_by_vectors, validation_of
from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.sessions import attention_in_memory
from mars_model.training.export import attention_graph
from tests.conftest import small_settings

NO_BIAS = np.zeros(6, dtype=np.float32)
HISTORIES = [[0], [1, 4], [2, 3, 5], [0, 1, 2, 3, 4], [5]]


@pytest.fixture(scope="module")
def attention():
    return attention_in_memory(attention_graph(3).SerializeToString())


@pytest.fixture(scope="module")
def vectors():
    rng = np.random.default_rng(3)
    return tuple(np.tanh(rng.normal(size=(6, 3))).astype(np.float32) for _ in range(2))


def ranked_by_loop(candidates, memory, liked: list[int]) -> list[int]:
    scores = {}
    for item in set(range(6)) - set(liked):
        s = [float(memory[slot].astype(float) @ candidates[item]) for slot in liked]
        weights = [math.exp(value) for value in s]
        scores[item] = sum(w * v for w, v in zip(weights, s, strict=True)) / sum(weights)
    return sorted(scores, key=lambda item: (-scores[item], item))


def test_lists_are_those_of_a_plain_loop(attention, vectors):
    likes = LikeMatrix.from_rows(HISTORIES, n_items=6)
    catalogue = Catalogue.of_vectors(*vectors, NO_BIAS)
    found = rank_by_vectors(attention, catalogue, likes, 8, "softmax")
    for row, liked in zip(found.tolist(), HISTORIES, strict=True):
        expected = ranked_by_loop(*vectors, liked)
        assert row == expected + [-1] * (8 - len(expected))


def test_validation_is_the_mean_average_precision_of_users_with_both_parts(attention, vectors):
    kept = LikeMatrix.from_rows([[0], [1, 4], []], n_items=6)
    held = LikeMatrix.from_rows([[], [2, 3], [5]], n_items=6)
    validate, n_users = validation_of(attention, kept, held, small_settings())
    ranks = sorted(ranked_by_loop(*vectors, [1, 4]).index(item) + 1 for item in (2, 3))
    assert n_users == 1
    assert validate(*vectors, NO_BIAS) == pytest.approx((1 / ranks[0] + 2 / ranks[1]) / 2)


def test_without_anybody_to_validate_on_the_metric_is_zero(attention, vectors):
    nothing = LikeMatrix.from_rows([[]], n_items=6)
    validate, n_users = validation_of(attention, nothing, nothing, small_settings())
    assert (validate(*vectors, NO_BIAS), n_users) == (0.0, 0)
