"""The method in plain NumPy: one document, one window, one user, one candidate at a time.

Slow, obvious, and independent of both the network and the graphs, which are checked against it.
Source: Eq. 1-4 and 7-9; docs/model.md, decision 3.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mars_model.training.network import TextEncoder

FloatArray = NDArray[np.floating]


def encode_by_loop(encoder: TextEncoder, documents: NDArray[np.int64]) -> NDArray[np.float64]:
    """Encode documents `[D, L]` to `[D, K]` float64 with the weights of an encoder."""
    weights = {
        name: value.detach().numpy().astype(np.float64)
        for name, value in encoder.named_parameters()
    }
    filters = weights["filters"]
    vectors = []
    for document in documents:
        words = [word for word in document if word != 0]
        words += [0] * (len(filters) - len(words))
        activations = []
        for start in range(len(words) - len(filters) + 1):
            activation = weights["filter_bias"].copy()
            for offset, filter_weights in enumerate(filters):
                activation += weights["word_embedding"][words[start + offset]] @ filter_weights
            activations.append(np.maximum(activation, 0))
        pooled = np.max(activations, axis=0)
        projected = weights["projection.weight"] @ pooled + weights["projection.bias"]
        vectors.append(np.tanh(projected))
    return np.array(vectors)


def attend_by_loop(
    histories: Sequence[NDArray[np.int64]], memory: FloatArray, candidates: FloatArray
) -> NDArray[np.float64]:
    """Score candidates `[C, K]` for users `[U, C]` float64; histories are rows of `memory`."""
    scores = np.empty((len(histories), len(candidates)))
    for user, history in enumerate(histories):
        slots = memory[history].astype(np.float64)
        for position, candidate in enumerate(candidates):
            relevance = slots @ candidate
            attention = np.exp(relevance - relevance.max())
            attention /= attention.sum()
            scores[user, position] = (attention @ slots) @ candidate
    return scores
