"""NeuMF, DeepFM, Wide & Deep: each fitted score against their papers' formulas in NumPy loops."""

import numpy as np
import pytest

from mars_model.evaluation.baselines.bag_of_words import bag_of_words
from mars_model.evaluation.baselines.deepfm import DeepFm
from mars_model.evaluation.baselines.interface import Known
from mars_model.evaluation.baselines.neumf import NeuMf
from mars_model.evaluation.baselines.pair_network import PairScores
from mars_model.evaluation.baselines.pair_training import UnlikedItems
from mars_model.evaluation.baselines.wide_and_deep import WideAndDeep
from mars_model.features.likes import LikeMatrix

USERS = [2, 0]


@pytest.fixture(scope="module")
def known() -> Known:
    likes = LikeMatrix.from_rows([[0, 1], [1, 2], [0, 3]], n_items=5)
    words = [["a", "b", "a"], ["b", "c", "b"], ["a", "c", "c"], ["c", "b", "a"], []] * 2
    # Twice as many words as items have, so that each stands five times.
    return Known(likes, [words[i] + words[i + 5] for i in range(5)], seed=1, n_threads=1)


def weights_of(scores: PairScores) -> dict[str, np.ndarray]:
    """All parameters by name, in float64."""
    named = scores.network.named_parameters()
    return {name: value.detach().double().numpy() for name, value in named}


def tower(w: dict[str, np.ndarray], hidden: np.ndarray) -> float:
    """The layers behind the first one."""
    layers = sorted({name.split(".")[1] for name in w if name.startswith("tower")}, key=int)
    for layer in layers:
        hidden = w[f"tower.{layer}.weight"] @ np.maximum(hidden, 0) + w[f"tower.{layer}.bias"]
    return float(hidden[0])


def test_neumf_scores_are_its_formula(known: Known) -> None:
    scores = NeuMf(n_factors=3, hidden=(6, 4), n_epochs=40, learning_rate=0.05).fit(known)
    w = weights_of(scores)
    for user, row in zip(USERS, scores(np.array(USERS)), strict=True):
        for item in range(5):
            # One layer over both embeddings side by side.
            both = np.concatenate(
                [w["users.embedding.weight"][user], w["items.embedding.weight"][item]]
            )
            first = np.hstack([w["users.first_layer.weight"], w["items.first_layer.weight"]])
            hidden = first @ both + w["users.first_layer.bias"] + w["items.first_layer.bias"]
            product = w["users.factors.weight"][user] * w["items.factors.weight"][item]
            assert row[item] == pytest.approx(product.sum() + tower(w, hidden), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("has_item_ids", [True, False])
def test_deepfm_scores_are_sums_over_all_pairs_of_features(
    known: Known, has_item_ids: bool
) -> None:
    scores = DeepFm(
        3, hidden=(6, 4), n_epochs=40, learning_rate=0.05, has_item_ids=has_item_ids
    ).fit(known)
    w = weights_of(scores)
    words, weights = bag_of_words(known.words, 100).top_words(30)
    for user, row in zip(USERS, scores(np.array(USERS)), strict=True):
        for item in range(5):
            features = [(1.0, w["users.bias.weight"][user, 0], w["users.factors.weight"][user])]
            own = np.zeros(3)
            if has_item_ids:
                own = w["items.factors.ids"][item]
                features.append((1.0, w["items.bias.ids"][item, 0], own))
            of_words = np.zeros(3)
            for word, weight in zip(words[item], weights[item], strict=True):
                vector = w["items.factors.words"][word]
                features.append((weight, w["items.bias.words"][word, 0], vector))
                of_words = of_words + weight * vector
            machine = sum(x * bias for x, bias, _ in features)
            for f, (x, _, v) in enumerate(features):
                machine += sum(x * y * (v @ u) for y, _, u in features[f + 1 :])
            side_by_side = np.concatenate([features[0][2], own, of_words])
            names = ("users.first_layer", "items.of_id", "items.of_words")
            first = np.hstack([w[f"{name}.weight"] for name in names])
            hidden = first @ side_by_side + w["users.first_layer.bias"]
            assert row[item] == pytest.approx(machine + tower(w, hidden), rel=1e-4, abs=1e-5)


def test_wide_and_deep_scores_are_both_parts_formulas(known: Known) -> None:
    scores = WideAndDeep(3, hidden=(6, 4), n_epochs=40, learning_rate=0.05).fit(known)
    w = weights_of(scores)
    words, weights = bag_of_words(known.words, 100).top_words(30)
    for user, row in zip(USERS, scores(np.array(USERS)), strict=True):
        for item in range(5):
            x, at = weights[item].astype(float), words[item]
            wide = w["users.wide.weight"][user, 0] + w["items.wide.ids"][item, 0]
            wide += x @ w["items.wide.words"][at, 0]
            parts = [
                w["users.embedding.weight"][user],
                w["items.embedding.ids"][item],
                x @ w["items.embedding.words"][at],
            ]
            names = ("users.first_layer", "items.of_id", "items.of_words")
            first = np.hstack([w[f"{name}.weight"] for name in names])
            hidden = first @ np.concatenate(parts) + w["users.first_layer.bias"]
            assert row[item] == pytest.approx(wide + tower(w, hidden), rel=1e-4, abs=1e-5)


def test_a_penalty_on_wide_weights_makes_them_small(known: Known) -> None:
    sums = []
    for penalty in (0.0, 0.1):
        fitted = WideAndDeep(3, (6, 4), wide_penalty=penalty, n_epochs=40, learning_rate=0.05)
        weights = weights_of(fitted.fit(known))
        sums.append(sum(abs(v).sum() for name, v in weights.items() if ".wide." in name))
    assert sums[1] < sums[0] / 2


def test_drawn_items_are_never_liked_and_all_others_come() -> None:
    likes = LikeMatrix.from_rows([[0, 1], [], [1, 2, 3], [0, 1, 2, 3]], n_items=4)
    users = np.repeat([2, 0, 1, 3], 100)
    drawn = UnlikedItems(likes).draw(users, 3, np.random.default_rng(1))
    assert drawn.shape == (400, 3)
    seen = [set(drawn[users == user].ravel().tolist()) for user in range(4)]
    # User 3 likes everything and still trains.
    assert seen == [{2, 3}, {0, 1, 2, 3}, {0}, {0, 1, 2, 3}]
