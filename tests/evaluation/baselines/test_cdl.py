"""CDL: the autoencoder's loss against loops in NumPy, and what its parts do to the factors."""

import numpy as np
import pytest
import torch

from mars_model.evaluation.baselines.bag_of_words import bag_of_words
from mars_model.evaluation.baselines.cdl import Autoencoder, Cdl, autoencoder_loss, normalised_words
from tests.evaluation.baselines.two_groups import known


@pytest.mark.parametrize("has_codes", [True, False])
def test_the_loss_is_a_sum_over_items_words_and_weights(has_codes: bool) -> None:
    torch.manual_seed(1)
    network = Autoencoder((5, 4, 2), dropout=0.0)
    rng = np.random.default_rng(1)
    words, seen, codes = rng.random((3, 5)), rng.random((3, 5)), rng.random((3, 2))
    arrays = [torch.tensor(a, dtype=torch.float32) for a in (seen, words, codes)]
    found = autoencoder_loss(
        network, arrays[0], arrays[1], arrays[2] if has_codes else None, 10.0, 1000.0, 0.3
    )
    layers = [m for m in network.modules() if isinstance(m, torch.nn.Linear)]
    assert [tuple(layer.weight.shape) for layer in layers] == [(4, 5), (2, 4), (4, 2), (5, 4)]
    expected = 0.0
    for item in range(3):
        hidden, outputs = seen[item], []
        for layer in layers:
            weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
            hidden = 1 / (1 + np.exp(-(weight @ hidden + bias)))
            outputs.append(hidden)
        expected += 1000.0 / 2 * sum((outputs[3] - words[item]) ** 2)
        if has_codes:
            expected += 10.0 / 2 * sum((outputs[1] - codes[item]) ** 2)
    for layer in layers:
        for weights in (layer.weight, layer.bias):
            expected += 0.3 / 2 * (weights.detach().numpy() ** 2).sum()
    assert found.item() == pytest.approx(expected, rel=1e-5)


def test_words_are_counts_over_the_largest_of_the_document() -> None:
    documents = [["a"] * 4 + ["b"] * 2, ["b"] * 3, [], ["a"]]
    bag = bag_of_words(documents, max_vocabulary=10)
    assert bag.vocabulary == ("a", "b")
    assert normalised_words(bag).tolist() == [[1, 0.5], [0, 1], [0, 0], [1, 0]]


def test_a_strong_item_penalty_holds_items_of_equal_words_together() -> None:
    spreads = []
    for penalty in (0.01, 1000.0):
        items = Cdl(n_factors=4, hidden=(8,), item_penalty=penalty).fit(known()).items
        spreads.append(items[:6].std(axis=0).max())
    assert spreads[1] < spreads[0] / 10
