"""The method in plain NumPy: one document, one window, one user, one candidate at a time.

Slow, obvious, and independent of both the network and the graphs, which are checked against it.
Source: Eq. 1-4 and 7-9; docs/model.md, decisions 3 and 6.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mars_model.settings import AttentionKind
from mars_model.training.network import Encoder

FloatArray = NDArray[np.floating]
Weights = dict[str, NDArray[np.float64]]


def encode_by_loop(
    encoder: Encoder, documents: NDArray[np.int64], free: FloatArray | None = None
) -> NDArray[np.float64]:
    """Encode documents `[D, L]` to `[D, K]` float64 with the weights of an encoder.

    `free` `[D, K]` are the items' free vectors where the encoder has them.
    """
    weights = {
        name: value.detach().numpy().astype(np.float64)
        for name, value in encoder.named_parameters()
    }
    vectors = []
    for row, document in enumerate(documents):
        vector = np.zeros(encoder.size)
        words = [int(word) for word in document if word != 0]
        if "text.filters" in weights:
            vector += _project(_convolve(words, weights), weights)
        elif "text.word_embedding" in weights:
            vector += _project(_average(words, weights), weights)
        if free is not None:
            vector += free[row]
        vectors.append(np.tanh(vector))
    return np.array(vectors)


def attend_by_loop(
    histories: Sequence[NDArray[np.int64]],
    memory: FloatArray,
    candidates: FloatArray,
    kind: AttentionKind = "softmax",
) -> NDArray[np.float64]:
    """Score candidates `[C, K]` for users `[U, C]` float64; histories are rows of `memory`."""
    scores = np.empty((len(histories), len(candidates)))
    for user, history in enumerate(histories):
        slots = memory[history].astype(np.float64)
        for position, candidate in enumerate(candidates):
            relevance = slots @ candidate
            if kind == "evidence":
                largest = relevance.max()
                scores[user, position] = largest + np.log(np.exp(relevance - largest).sum())
                continue
            attention = np.exp(relevance - relevance.max())
            attention /= attention.sum()
            if kind == "sum":
                attention = np.ones(len(relevance))
            scores[user, position] = (attention @ slots) @ candidate
    return scores


def _convolve(words: list[int], weights: Weights) -> NDArray[np.float64]:
    filters = weights["text.filters"]
    words = words + [0] * (len(filters) - len(words))
    activations = []
    for start in range(len(words) - len(filters) + 1):
        activation = weights["text.filter_bias"].copy()
        for offset, filter_weights in enumerate(filters):
            activation += weights["text.word_embedding"][words[start + offset]] @ filter_weights
        activations.append(np.maximum(activation, 0))
    return np.asarray(np.max(activations, axis=0))


def _average(words: list[int], weights: Weights) -> NDArray[np.float64]:
    total = np.zeros(weights["text.word_embedding"].shape[1])
    for word in words:
        total += weights["text.word_embedding"][word]
    return total / max(len(words), 1)


def _project(features: NDArray[np.float64], weights: Weights) -> NDArray[np.float64]:
    return np.asarray(weights["projection.weight"] @ features + weights["projection.bias"])
