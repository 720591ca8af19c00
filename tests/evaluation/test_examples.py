"""Table 2's rows: the best unseen items and the likes behind them, against a loop of softmaxes."""

import numpy as np
import pytest

from mars_model.evaluation.examples import examples, first_users
from mars_model.evaluation.fit import attention_of
from mars_model.evaluation.variant import FittedVariant
from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue
from mars_model.settings import ModelSettings


def test_users_are_the_first_with_a_history_that_fits():
    likes = LikeMatrix.from_rows([[0], range(4), range(13), range(12), range(5)], n_items=20)
    assert first_users(likes, 2).tolist() == [1, 3]
    assert first_users(likes, 9).tolist() == [1, 3, 4]


def test_recommendations_and_reasons_are_those_of_plain_attention():
    rng = np.random.default_rng(1)
    memory, candidates = np.tanh(rng.normal(size=(2, 30, 6))).astype(np.float32)
    bias = np.zeros(30, dtype=np.float32)
    fitted = FittedVariant(
        Catalogue.of_vectors(candidates, memory, bias),
        attention_of(ModelSettings(representation_size=6)),
        "softmax",
    )
    training = LikeMatrix.from_rows([[1, 5], [0, 3, 7, 9, 20]], n_items=30)
    (found,) = examples(fitted, training, [1], n_items=2, n_reasons=3)

    liked = [0, 3, 7, 9, 20]
    relevance = memory[liked].astype(float) @ candidates.T.astype(float)
    attention = np.exp(relevance) / np.exp(relevance).sum(axis=0)
    scores = (attention * relevance).sum(axis=0)
    scores[liked] = -np.inf
    best = np.argsort(-scores)[:2]
    assert found.user_idx == 1 and found.likes == tuple(liked)
    assert [one.item_id for one in found.recommendations] == best.tolist()
    for one in found.recommendations:
        item, reasons = one.item_id, one.reasons
        order = np.argsort(-attention[:, item])[:3]
        assert [r.item_id for r in reasons] == [liked[slot] for slot in order]
        assert [r.attention for r in reasons] == pytest.approx(attention[order, item], abs=1e-5)
        contributions = (attention * relevance)[order, item]
        assert [r.contribution for r in reasons] == pytest.approx(contributions, abs=1e-5)
