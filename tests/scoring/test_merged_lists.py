"""Lists that are merged from parts are those of one full sort, ties included."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.paths import _merge
from mars_model.scoring.top_n import top_n_in_full
from tests.scoring.plain import list_by_loop

# Few values, so that most are ties.
SCORES = st.lists(st.sampled_from([-1.5, 0.0, 0.25, 0.5, 3.0]), min_size=1, max_size=30)


def sorted_in_full(scores: dict[int, float], n: int) -> tuple[list[float], list[int]]:
    """By score descending, then position; −inf and −1 behind the end."""
    best = sorted(scores, key=lambda position: (-scores[position], position))[:n]
    n_empty = n - len(best)
    return [*(scores[p] for p in best), *[-np.inf] * n_empty], [*best, *[-1] * n_empty]


@given(scores=SCORES, n=st.integers(1, 12), in_lists=st.sets(st.integers(0, 29)))
def test_two_lists_of_different_candidates_merge_to_a_full_sort(scores, n, in_lists):
    everything = dict(enumerate(scores))
    covered = {p: score for p, score in everything.items() if p in in_lists}
    uncovered = np.array([p for p in everything if p not in in_lists], dtype=np.int32)
    of_others = {place: everything[p] for place, p in enumerate(uncovered.tolist())}
    parts = [sorted_in_full(some, n) for some in (covered, of_others)]
    best, more = ((np.array([s], np.float32), np.array([p], np.int32)) for s, p in parts)
    found_scores, found = _merge(best, more, uncovered)
    assert (found_scores[0].tolist(), found[0].tolist()) == sorted_in_full(everything, n)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_items=st.sampled_from([3, 40, 64, 65, 150]),  # a block has 64 candidates
    n_different=st.sampled_from([2, 20, 150]),
    n=st.integers(1, 12),
    kind=st.sampled_from(["softmax", "evidence", "sum"]),
    histories=st.lists(
        st.sets(st.integers(0, 149), min_size=1, max_size=9), min_size=1, max_size=4
    ),
)
def test_the_best_of_all_blocks_are_the_first_of_a_full_sort(
    attention_of, tanh_vectors, make_catalogue, seed, n_items, n_different, n, kind, histories
):
    rng = np.random.default_rng(seed)
    twin_of = rng.integers(0, n_different, n_items)  # equal vectors and biases: ties
    vectors = tanh_vectors(seed, n_different, 4)[twin_of]
    bias = rng.normal(size=n_different).round(1)[twin_of]
    allowed = np.stack([np.ones(n_items, bool), rng.random(n_items) < 0.5])
    memory = tanh_vectors(seed + 1, n_items, 4)
    catalogue = make_catalogue(memory, vectors, item_bias=bias, allowed=allowed)
    rows = [sorted({item % n_items for item in history}) for history in histories]
    likes = LikeMatrix.from_rows(rows, n_items)
    segments = (np.arange(len(rows)) % 2).astype(np.int32)
    scores, found = top_n_in_full(attention_of(4, kind), catalogue, likes, segments, n, kind)
    for user, row in enumerate(rows):
        positions, expected = list_by_loop(catalogue, row, n, segments[user], kind)
        assert found[user].tolist() == positions
        np.testing.assert_allclose(scores[user], expected, rtol=1e-6, atol=1e-6)
