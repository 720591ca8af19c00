"""The encoders against the plain NumPy loop, and what a fresh network promises."""

import math

import numpy as np
import pytest
import torch

from mars_model.training.network import all_free_vectors, build_network, encode_all
from mars_model.training.reference import encode_by_loop
from tests.training.conftest import N_LIKES


@pytest.mark.parametrize("window", [1, 3, 12])
def test_an_encoder_gives_what_the_plain_loop_gives(documents, model_settings, window):
    network = build_network(30, model_settings.model_copy(update={"window": window}), seed=1)
    found = network.user_encoder(torch.from_numpy(documents)).detach().numpy()
    np.testing.assert_allclose(found, encode_by_loop(network.user_encoder, documents), atol=1e-6)


def test_the_encoders_of_every_variant_give_what_the_plain_loop_gives(documents, variant):
    network = build_network(30, variant, 1, N_LIKES)
    for encoder in (network.item_encoder, network.user_encoder):
        free = all_free_vectors(encoder, 8) if variant.has_free_vectors else None
        found = encode_all(encoder, torch.tensor(documents))
        np.testing.assert_allclose(found, encode_by_loop(encoder, documents, free), atol=1e-6)


def test_the_mean_of_words_is_worked_out_by_hand(model_settings):
    sizes = {"embedding_size": 1, "representation_size": 1, "text": "mean"}
    encoder = build_network(3, model_settings.model_copy(update=sizes), seed=1).item_encoder
    with torch.no_grad():
        encoder.text.word_embedding[:, 0] = torch.tensor([0.0, 1.0, 2.0, -3.0])
        encoder.projection.weight[0, 0] = 0.5
        encoder.projection.bias[0] = 0.1
    found = encoder(torch.tensor([[1, 2, 2], [3, 0, 0], [0, 0, 0]]))
    means = [5 / 3, -3, 0]
    np.testing.assert_allclose(
        found.detach(), [[math.tanh(0.5 * m + 0.1)] for m in means], rtol=1e-6
    )


def test_documents_without_any_word_have_a_mean_of_zero(model_settings):
    settings = model_settings.model_copy(update={"text": "mean"})
    text = build_network(3, settings, seed=1).item_encoder.text
    found = text(torch.zeros(2, 4, dtype=torch.int64))
    assert found.shape == (2, 6) and not found.any()
    found.sum().backward()
    assert not text.word_embedding.grad.any()


def test_without_text_a_vector_is_the_items_own(model_settings, documents):
    settings = model_settings.model_copy(update={"text": "none", "has_free_vectors": True})
    network = build_network(30, settings, 1, N_LIKES)
    assert {name.split(".")[1] for name, _ in network.named_parameters()} == {"free"}
    free = all_free_vectors(network.item_encoder, 8)
    assert 0.05 < free[N_LIKES > 0].std() < 0.2
    found = encode_all(network.item_encoder, torch.tensor(documents))
    np.testing.assert_allclose(found, np.tanh(free), atol=1e-7)


def test_a_vector_does_not_depend_on_the_other_documents_or_on_padding(network, documents):
    together = encode_all(network.item_encoder, torch.tensor(documents))
    wider = np.pad(documents, ((0, 0), (0, 5)))
    for row in range(len(documents)):
        alone = encode_all(network.item_encoder, torch.tensor(wider[[row]]))
        np.testing.assert_allclose(alone[0], together[row], atol=1e-6)


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_encode_all_gives_float32_rows_in_order_for_any_chunk(network, documents, chunk):
    vectors = encode_all(network.item_encoder, torch.tensor(documents), chunk)
    assert vectors.dtype == np.float32
    assert vectors.shape == (8, 4)
    expected = network.item_encoder(torch.from_numpy(documents)).detach().numpy()
    np.testing.assert_allclose(vectors, expected, atol=1e-6)


def test_encode_all_accepts_no_documents(network, documents):
    assert encode_all(network.item_encoder, torch.tensor(documents[:0])).shape == (0, 4)
    assert encode_all(network.item_encoder, torch.tensor(documents)).shape == (8, 4)


def test_the_two_encoders_share_no_weights(network):
    item_parameters = dict(network.item_encoder.named_parameters())
    for name, value in network.user_encoder.named_parameters():
        assert value.data_ptr() != item_parameters[name].data_ptr()
    assert not torch.equal(network.item_encoder.text.filters, network.user_encoder.text.filters)


def test_the_same_seed_builds_the_same_network(model_settings):
    first = build_network(30, model_settings, seed=9).state_dict()
    torch.rand(5)
    second = build_network(30, model_settings, seed=9).state_dict()
    other = build_network(30, model_settings, seed=10).state_dict()
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    assert not torch.equal(first["item_encoder.text.filters"], other["item_encoder.text.filters"])


def test_building_a_network_leaves_torchs_generator_alone(model_settings):
    before = torch.get_rng_state()
    build_network(30, model_settings, seed=9)
    assert torch.equal(before, torch.get_rng_state())


def test_the_padding_row_is_zero_and_gets_no_gradient(network, documents):
    network.item_encoder(torch.from_numpy(documents)).sum().backward()
    embedding = network.item_encoder.text.word_embedding
    assert embedding.grad is not None
    assert not embedding[0].any()
    assert not embedding.grad[0].any()
    assert embedding.grad.any()
