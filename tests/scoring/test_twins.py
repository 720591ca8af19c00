"""Candidates that score alike: the first of them are kept, and no list changes."""

from dataclasses import replace

import numpy as np
import pytest

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.top_n import top_n_in_full, top_n_plainly
from mars_model.scoring.twins import needed_candidates
from tests.scoring.plain import no_segments

N_ITEMS, SIZE = 300, 6


@pytest.fixture
def catalogue(make_catalogue, tanh_vectors):
    """Items 50 to 149 are twins, and so are 200 to 259, which differ by their bias alone."""
    vectors, bias = tanh_vectors(2, N_ITEMS, SIZE), np.zeros(N_ITEMS)
    vectors[50:150] = vectors[200:260] = 0.25
    bias[200:260] = 0.5
    return make_catalogue(tanh_vectors(1, N_ITEMS, SIZE), vectors, item_bias=bias)


def likes(rows):
    return LikeMatrix.from_rows(rows, N_ITEMS)


def test_of_twins_the_first_n_that_nobody_can_have_liked_are_kept(catalogue):
    assert needed_candidates(catalogue, likes([[0], [1, 2]]), 4).tolist() == [
        *range(50),
        *range(50, 54),
        *range(150, 200),
        *range(200, 204),
        *range(260, 300),
    ]
    # One user likes three of them: each group keeps as many more.
    kept = needed_candidates(catalogue, likes([[0], [50, 51, 201]]), 4)
    assert [i for i in kept.tolist() if 50 <= i < 150] == list(range(50, 57))


@pytest.mark.parametrize("n", [100, 300])
def test_where_no_more_than_n_are_alike_all_are_needed(catalogue, n):
    assert needed_candidates(catalogue, likes([[0]]), n) is None


def test_twins_of_other_segments_are_none(catalogue):
    allowed = np.ones((2, N_ITEMS), dtype=bool)
    allowed[1, 50:100] = False
    kept = needed_candidates(replace(catalogue, allowed=allowed), likes([[0]]), 4)
    assert [i for i in kept.tolist() if 50 <= i < 150] == [*range(50, 54), *range(100, 104)]


@pytest.mark.parametrize("n", [1, 5, 30, 80])
def test_lists_are_those_of_all_candidates(catalogue, attention_of, n):
    rng = np.random.default_rng(n)
    rows = [rng.choice(N_ITEMS, size, replace=False) for size in (1, 2, 5, 40, 120)]
    block = likes([*rows, range(50, 150), [0]])
    found = top_n_in_full(attention_of(SIZE), catalogue, block, no_segments(block), n, "softmax")
    plain = top_n_plainly(catalogue, block, no_segments(block), n, "softmax")
    assert found[1].tolist() == plain[1].tolist()
    assert found[0].tobytes() == plain[0].tobytes()


def test_an_empty_catalogue_has_no_twins(catalogue):
    nothing = catalogue.with_candidates(np.zeros(0, dtype=np.int64))
    assert needed_candidates(nothing, likes([[0]]), 5) is None
