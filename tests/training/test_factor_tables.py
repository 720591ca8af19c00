"""Free vectors and biases: where they start, what moves them, and what never does."""

import numpy as np
import pytest
import torch

from mars_model.features.likes import LikeMatrix
from mars_model.settings import ModelSettings
from mars_model.training.loop import train
from mars_model.training.network import all_biases, all_free_vectors, build_network
from mars_model.training.optimizer import DecayingOptimizer
from mars_model.training.step_vectors import StepVectors
from tests.conftest import paper_training
from tests.training.conftest import N_LIKES

COLD = [2, 5]  # the items of N_LIKES that nobody liked
EVERYTHING = torch.arange(8)


@pytest.fixture(params=[False, True], ids=["own", "shared"])
def plus(model_settings: ModelSettings, request) -> ModelSettings:
    """With free vectors of each encoder's own, and with those that both share."""
    changes = {"has_free_vectors": True, "has_item_bias": True}
    return model_settings.model_copy(update={**changes, "shares_free_vectors": request.param})


@pytest.fixture
def network(plus):
    return build_network(30, plus, 3, N_LIKES)


def test_biases_start_from_log_popularity(network):
    expected = [np.log(4), np.log(2), 0, np.log(3), np.log(2), 0, np.log(2), np.log(3)]
    np.testing.assert_allclose(all_biases(network, 8), expected, rtol=1e-6)


def test_free_vectors_start_small_and_different_on_both_sides_unless_they_are_shared(network, plus):
    item, memory = (all_free_vectors(e, 8) for e in (network.item_encoder, network.user_encoder))
    assert np.abs(item).max() < 0.1
    is_same = np.isclose(np.delete(item, COLD, 0), np.delete(memory, COLD, 0))
    assert is_same.all() if plus.shares_free_vectors else not is_same.any()


def test_a_shared_vector_moves_by_what_both_sides_want_of_it(model_settings):
    # m·v of an item with itself: d/dx tanh(x)² = 2 tanh(x)(1 - tanh(x)²), where text is nothing.
    alone = {"text": "none", "has_free_vectors": True, "shares_free_vectors": True}
    network = build_network(30, model_settings.model_copy(update=alone), 3, N_LIKES)
    step = StepVectors(network, torch.zeros(8, 1, dtype=torch.int64), paper_training())
    (step.candidates(EVERYTHING) * step.memory(EVERYTHING)).sum().backward()
    table = network.item_encoder.free.table
    tanh = np.tanh(table.detach().numpy())
    expected = 2 * tanh * (1 - tanh**2)
    expected[COLD] = 0
    np.testing.assert_allclose(table.grad, expected, rtol=1e-5, atol=1e-7)


def test_free_vectors_decay_once_a_step_also_where_they_are_shared(network):
    settings = paper_training(optimizer="adam", learning_rate=0.1, free_weight_decay=2.0)
    start = network.user_encoder.free.table.detach().clone()
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    DecayingOptimizer(network, settings).step()  # a fifth is gone, and no gradient
    torch.testing.assert_close(network.user_encoder.free.table.detach(), 0.8 * start)


@pytest.mark.parametrize("objective", ["sampled", "catalogue"])
@pytest.mark.parametrize("optimizer", ["rmsprop", "adam"])
def test_items_that_nobody_liked_never_move(network, documents, objective, optimizer):
    likes = LikeMatrix.from_rows([[0, 3, 7], [0, 1], [0, 4, 6], [3, 7]], n_items=8)
    settings = paper_training(
        objective=objective,
        optimizer=optimizer,
        learning_rate=0.05,
        batch_size=8,
        users_per_batch=2,
        weight_decay=0.1,
        free_weight_decay=0.1,
        vector_dropout=0.1,
        max_epochs=3,
        n_threads=1,
    )
    start = {name: value.clone() for name, value in network.state_dict().items()}
    metrics = iter([0.1, 0.2, 0.3])
    train(network, documents, likes, settings, lambda *_: next(metrics))
    for name, factors in (
        ("item_encoder.free.table", all_free_vectors(network.item_encoder, 8)),
        ("user_encoder.free.table", all_free_vectors(network.user_encoder, 8)),
        ("item_bias.values", all_biases(network, 8)[:, None]),
    ):
        assert (factors[COLD] == 0).all()
        before = np.atleast_2d(start[name].numpy().T).T
        assert (np.delete(factors, COLD, 0) != np.delete(before, COLD, 0)).any(axis=1).all()


def test_an_item_without_likes_has_the_vector_of_its_text(network, documents):
    words = torch.tensor(documents)
    free = network.item_encoder.free(EVERYTHING)
    with_free, text_alone = network.item_encoder(words, free), network.item_encoder(words)
    assert torch.equal(with_free[COLD], text_alone[COLD])
    assert not torch.isclose(with_free, text_alone)[[0, 1, 3, 4, 6, 7]].all(dim=1).any()


def test_a_dropped_item_has_the_vector_of_its_text_on_both_sides_and_no_bias(network, documents):
    words = torch.tensor(documents)
    torch.manual_seed(1)
    step = StepVectors(network, words, paper_training(free_dropout=0.5))
    dropped = []
    for encode, encoder in (
        (step.candidates, network.item_encoder),
        (step.memory, network.user_encoder),
    ):
        found, free = encode(EVERYTHING), encoder.free(EVERYTHING)
        is_dropped = torch.isclose(found, encoder(words), atol=1e-7).all(dim=1)
        torch.testing.assert_close(found[~is_dropped], encoder(words, free)[~is_dropped])
        dropped.append(np.flatnonzero(is_dropped.numpy()).tolist())
    assert dropped[0] == dropped[1]
    assert set(COLD) < set(dropped[0]) < set(range(8))
    bias, known = network.item_bias(EVERYTHING), np.delete(np.arange(8), dropped[0])
    assert (bias[known] != 0).all()
    assert torch.equal(step.bias(EVERYTHING)[known], bias[known])
    assert (step.bias(EVERYTHING)[dropped[0]] == 0).all()


def test_the_share_of_dropped_entries_is_the_one_asked_for(network, documents):
    torch.manual_seed(1)
    step = StepVectors(network, torch.tensor(documents), paper_training(vector_dropout=0.25))
    zeros = [(step.candidates(EVERYTHING) == 0).double().mean() for _ in range(200)]
    assert float(sum(zeros) / 200) == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("kind", ["rmsprop", "adam"])
def test_start_decay_takes_the_text_back_to_where_it_started(network, kind):
    settings = paper_training(optimizer=kind, learning_rate=0.1, start_decay=2.0)
    start = {name: value.clone() for name, value in network.state_dict().items()}
    optimizer = DecayingOptimizer(network, settings)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(1.0)
            parameter.grad = torch.zeros_like(parameter)
    optimizer.step()  # a fifth of the way, and no gradient
    left = {
        "item_encoder.text.word_embedding": 0.8,
        "user_encoder.text.filters": 0.8,
        "item_encoder.projection.weight": 0.8,
        "user_encoder.free.table": 1.0,
        "item_encoder.projection.bias": 1.0,
        "item_bias.values": 1.0,
    }
    for name, distance in left.items():
        torch.testing.assert_close(network.state_dict()[name], start[name] + distance)


@pytest.mark.parametrize("kind", ["rmsprop", "adam"])
def test_decay_shrinks_text_and_free_vectors_by_rates_of_their_own(network, kind):
    settings = paper_training(
        optimizer=kind, learning_rate=0.1, weight_decay=0.5, free_weight_decay=2.0
    )
    before = {name: value.clone() for name, value in network.state_dict().items()}
    optimizer = DecayingOptimizer(network, settings)
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    factors = {
        "item_encoder.text.word_embedding": 0.95,
        "user_encoder.text.filters": 0.95,
        "item_encoder.projection.weight": 0.95,
        "user_encoder.free.table": 0.8,
        "item_encoder.projection.bias": 1.0,
        "item_encoder.text.filter_bias": 1.0,
        "item_bias.values": 1.0,
    }
    for name, factor in factors.items():
        torch.testing.assert_close(network.state_dict()[name], before[name] * factor)


@pytest.mark.parametrize(
    ("schedule", "moved"), [("linear", [0.1, 0.05, 0.01]), ("constant", [0.1, 0.1, 0.1])]
)
def test_the_rate_falls_with_the_share_of_training_that_is_done(network, schedule, moved):
    settings = paper_training(optimizer="adam", learning_rate=0.1, rate_schedule=schedule)
    bias = network.item_bias.values
    for done, expected in zip([0.0, 0.5, 0.9], moved, strict=True):
        # Adam's first step is the rate, along the gradient's sign.
        before = bias.detach().clone()
        for parameter in network.parameters():
            parameter.grad = torch.ones_like(parameter)
        DecayingOptimizer(network, settings).step(done)
        torch.testing.assert_close(before - bias.detach(), torch.full_like(bias, expected))


def test_item_factors_need_to_know_who_was_liked(plus):
    with pytest.raises(ValueError, match="n_likes is None"):
        build_network(30, plus, 3)
