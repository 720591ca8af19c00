"""The bound of the float32 error in full blocks, against the errors that were made."""

import numpy as np
import pytest

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.exact import KINDS, SOFTMAX
from mars_model.scoring.full_blocks import error_bound
from mars_model.scoring.shortlist import shortlist
from tests.scoring.plain import scores_by_loop


@pytest.mark.parametrize("kind", ["softmax", "sum", "evidence"])
@pytest.mark.parametrize("bias", [0.0, 10.0])
@pytest.mark.parametrize(
    ("size", "scale", "n_slots"),
    [(6, 0.2, 30), (6, 1.0, 1), (50, 1.0, 256), (50, 50.0, 257), (100, 50.0, 40), (150, 50.0, 900)],
)
def test_no_float32_score_is_further_off_than_the_bound(
    attention_of, make_catalogue, size, scale, n_slots, bias, kind
):
    n_items = 1000
    for seed in range(3):
        rng = np.random.default_rng(seed)
        memory, vectors = np.tanh(scale * rng.normal(size=(2, n_items, size))).astype(np.float32)
        item_bias = bias * rng.normal(size=n_items)
        catalogue = make_catalogue(memory, vectors[:n_items], item_bias=item_bias)
        history = sorted(rng.choice(n_items, n_slots, replace=False).tolist())
        likes = LikeMatrix.from_rows([history], n_items)
        scores, found, has_failed = shortlist(
            attention_of(size, kind), catalogue, likes, n_items, kind=kind
        )
        # Evidence far below the largest that can be vanishes in float32, which is said.
        is_held = scores[0] > scores[0, 0] - 50
        assert not has_failed.any() or (kind == "evidence" and not is_held.all())
        listed = (found[0] >= 0) & (is_held if kind == "evidence" else True)
        plain = scores_by_loop(catalogue, history, kind)[found[0][listed]]
        bound = error_bound(
            np.array([n_slots]),
            size,
            catalogue.reach(),
            float(np.abs(catalogue.item_bias).max()),
            KINDS[kind],
        )
        assert np.abs(scores[0][listed] - plain).max() <= bound[0]


def test_the_bound_grows_with_slots_relevance_and_bias():
    def bound(n_slots=10, reach=5.0, bias=0.0, kind=SOFTMAX):
        return error_bound(np.array([n_slots]), 50, reach, bias, kind)[0]

    for kind in KINDS.values():
        assert 0 < bound(kind=kind) < bound(n_slots=200, kind=kind)
        assert bound(kind=kind) < bound(reach=50.0, kind=kind)
        assert bound(kind=kind) < bound(bias=100.0, kind=kind)
