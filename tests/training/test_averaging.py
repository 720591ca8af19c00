import numpy as np
import pytest
import torch

from mars_model.training.network import MarsNetwork, build_network
from mars_model.training.optimizer import AveragedWeights
from tests.conftest import paper_model

BIASED = paper_model(has_item_bias=True, embedding_size=2, n_filters=2, representation_size=2)


@pytest.fixture
def network() -> MarsNetwork:
    return build_network(3, BIASED, seed=1, n_likes=np.array([1, 1]))


def set_bias(network: MarsNetwork, *values: float) -> None:
    assert network.item_bias is not None
    with torch.no_grad():
        network.item_bias.values.copy_(torch.tensor(values))


def test_the_average_keeps_its_share_and_takes_the_first_weights_whole(network):
    average = AveragedWeights(network, 0.75)
    for value in (4.0, 8.0, 0.0):
        set_bias(network, value, -value)
        average.update()
    # 4, then 0.75 * 4 + 0.25 * 8 = 5, then 0.75 * 5 + 0.25 * 0
    assert average.network.item_bias.values.tolist() == [3.75, -3.75]
    assert network.item_bias.values.tolist() == [0.0, 0.0]


def test_without_averaging_the_network_itself_is_kept(network):
    average = AveragedWeights(network, 0.0)
    set_bias(network, 2.0, 3.0)
    average.update()
    assert average.network is network
