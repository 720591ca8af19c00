"""Intra-list similarity against all pairs one by one."""

from itertools import combinations
from math import sqrt
from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mars_model.evaluation.metrics import intra_list_similarity as module
from mars_model.evaluation.metrics.intra_list_similarity import ItemVectors, intra_list_similarity

# Unit vectors of two columns: (1, 0), (0, 1), (1, 1)/√2, nothing, (1, 0).
VECTORS = ItemVectors(
    starts=np.array([0, 1, 2, 4, 4, 5]),
    columns=np.array([0, 1, 0, 1, 0]),
    values=np.array([1, 1, 1 / sqrt(2), 1 / sqrt(2), 1]),
    n_columns=2,
)
DENSE = np.array([[1, 0], [0, 1], [1 / sqrt(2), 1 / sqrt(2)], [0, 0], [1, 0]])


def test_it_is_the_mean_cosine_of_all_pairs_above_the_cutoff():
    ranked = np.array([[0, 1, 2], [0, 4, 1], [0, 3, 4], [2, 1, -1], [2, -1, -1], [-1, -1, -1]])
    half = 1 / sqrt(2)
    expected = [(0 + half + half) / 3, (1 + 0 + 0) / 3, (0 + 1 + 0) / 3, half / 1, np.nan, np.nan]
    np.testing.assert_allclose(intra_list_similarity(ranked, VECTORS, 3), expected, atol=1e-12)
    np.testing.assert_allclose(
        intra_list_similarity(ranked, VECTORS, 2), [0, 1, 0, half, np.nan, np.nan], atol=1e-12
    )


@given(
    lists=st.lists(st.permutations(range(5)), min_size=1, max_size=6),
    k=st.integers(2, 5),
    cells=st.sampled_from([1, 6, 100]),
)
def test_it_equals_a_loop_over_pairs_whatever_the_block(lists, k, cells):
    expected = []
    for row in lists:
        cosines = [DENSE[a] @ DENSE[b] for a, b in combinations(row[:k], 2)]
        expected.append(sum(cosines) / len(cosines))
    with patch.object(module, "_BLOCK_CELLS", cells):
        found = intra_list_similarity(np.array(lists), VECTORS, k)
    np.testing.assert_allclose(found, expected, atol=1e-12)
