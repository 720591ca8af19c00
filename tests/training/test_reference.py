"""The plain loops on numbers that can be worked out by hand."""

import math

import numpy as np
import pytest
import torch

from mars_model.training.network import build_network
from mars_model.training.reference import attend_by_loop, encode_by_loop


@pytest.fixture
def encoder(model_settings):
    """One filter of window 2 that adds the first word's number and ten times the second's."""
    sizes = {"embedding_size": 1, "window": 2, "n_filters": 1, "representation_size": 1}
    encoder = build_network(3, model_settings.model_copy(update=sizes), seed=1).item_encoder
    with torch.no_grad():
        encoder.text.word_embedding[:, 0] = torch.tensor([0.0, 1.0, 2.0, -3.0])
        encoder.text.filters[:, 0, 0] = torch.tensor([1.0, 10.0])
        encoder.text.filter_bias[0] = 0.5
        encoder.projection.weight[0, 0] = 0.01
        encoder.projection.bias[0] = 0.1
    return encoder


def test_an_encoded_document_is_worked_out_by_hand(encoder):
    # Windows (1, 2) and (2, 1) give 21 and 12; a short document gives 2 + 0; an empty one 0.
    documents = np.array([[1, 2, 1], [2, 0, 0], [0, 0, 0], [3, 3, 0]])
    activations = [21.5, 2.5, 0.5, 0.0]
    expected = [[math.tanh(0.01 * activation + 0.1)] for activation in activations]
    np.testing.assert_allclose(encode_by_loop(encoder, documents), expected, rtol=1e-6)


def test_attention_is_worked_out_by_hand():
    # Relevances ln 3 and 0: attention 3/4 and 1/4, score 3/4 ln 3.
    memory = np.array([[9.0], [math.log(3)], [0.0]])
    scores = attend_by_loop([np.array([1, 2]), np.array([0])], memory, np.array([[1.0]]))
    np.testing.assert_allclose(scores, [[0.75 * math.log(3)], [9.0]])
