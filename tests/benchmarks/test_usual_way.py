"""The usual way that the benchmark times is the same model: same loss, same gradient."""

import numpy as np
import pytest
import torch

from mars_model.features.likes import LikeMatrix
from mars_model.training.network import build_network
from mars_model.training.sampled_objective import SampledObjective
from tests.conftest import paper_model, paper_training
from usual_way import both_ways, check_same_loss

MODEL = paper_model(embedding_size=6, window=3, n_filters=5, representation_size=4, max_words=9)
TRAINING = paper_training(batch_size=32, max_memory=3, n_threads=1)
LIKES = LikeMatrix.from_rows([[0, 2, 5], [1, 2], [3, 4, 6, 7, 1], [0, 7]], n_items=8)


def prepared():
    rng = np.random.default_rng(11)
    words = rng.integers(1, 31, (8, 9))
    documents = np.where(np.arange(9) < np.array([9, 0, 1, 2, 3, 4, 9, 7])[:, None], words, 0)
    network = build_network(30, MODEL, seed=3)
    with torch.no_grad():
        for encoder in (network.item_encoder, network.user_encoder):
            encoder.text.filter_bias.normal_(generator=torch.Generator().manual_seed(5))
    objective = SampledObjective(LIKES, TRAINING, "softmax")
    ways = both_ways(network, objective, torch.from_numpy(documents), TRAINING)
    draws = objective.draw_epoch(np.random.default_rng(1))
    return network, *ways, next(draws)


def test_the_usual_way_has_the_same_loss_step_after_step() -> None:
    _, here, usual, batch = prepared()
    losses = []
    for _ in range(3):
        losses.append(check_same_loss(here, usual, batch))
        here.step(batch)
        usual.step(batch)
    # RMSprop scales tiny gradients up: after a step the two agree as far as rounding allows.
    assert [here for here, _ in losses] == pytest.approx([usual for _, usual in losses], abs=1e-5)
    assert losses[2][0] < losses[0][0]


def test_another_model_is_not_compared() -> None:
    network, here, usual, batch = prepared()
    with torch.no_grad():
        network.item_encoder.projection.bias.add_(0.1)
    with pytest.raises(SystemExit, match="nothing is compared"):
        check_same_loss(here, usual, batch)
