"""Table 2's rows: the best unseen items and the likes behind them, against a loop of softmaxes."""

import numpy as np
import pytest

from mars_model.comparing.reproduce import first_users
from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.recommended import recommend


def test_users_are_the_first_with_a_history_that_fits():
    likes = LikeMatrix.from_rows([[0], range(4), range(13), range(12), range(5)], n_items=20)
    assert first_users(likes, 2).tolist() == [1, 3]
    assert first_users(likes, 9).tolist() == [1, 3, 4]


def test_recommendations_and_reasons_are_those_of_plain_attention():
    rng = np.random.default_rng(1)
    memory, candidates = np.tanh(rng.normal(size=(2, 30, 6))).astype(np.float32)
    bias = np.zeros(30, dtype=np.float32)
    catalogue = Catalogue.of_vectors(candidates, memory, bias)
    liked = [0, 3, 7, 9, 20]
    training = LikeMatrix.from_rows([[1, 5], liked], n_items=30)
    _, found = recommend(catalogue, training, 2, 3, "softmax")

    relevance = memory[liked].astype(float) @ candidates.T.astype(float)
    attention = np.exp(relevance) / np.exp(relevance).sum(axis=0)
    scores = (attention * relevance).sum(axis=0)
    scores[liked] = -np.inf
    best = np.argsort(-scores)[:2]
    assert [one.item_id for one in found] == best.tolist()
    for one in found:
        item, reasons = one.item_id, one.reasons
        order = np.argsort(-attention[:, item])[:3]
        assert [r.item_id for r in reasons] == [liked[slot] for slot in order]
        assert [r.attention for r in reasons] == pytest.approx(attention[order, item], abs=1e-5)
        contributions = (attention * relevance)[order, item]
        assert [r.contribution for r in reasons] == pytest.approx(contributions, abs=1e-5)
