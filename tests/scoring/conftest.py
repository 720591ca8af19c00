"""Random tanh vectors, hand-made catalogues, and attention graphs of any size."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.popular import sort_popular
from mars_model.scoring.sessions import Attention, attention_in_memory
from mars_model.settings import AttentionKind
from mars_model.training.export import attention_graph


@pytest.fixture(scope="session")
def attention_of() -> Callable[..., Attention]:
    """The attention graph for a representation size, opened as a worker opens it."""

    @cache
    def open_size(size: int, kind: AttentionKind = "softmax") -> Attention:
        return attention_in_memory(attention_graph(size, kind).SerializeToString())

    return open_size


@pytest.fixture(scope="session")
def tanh_vectors() -> Callable[[int, int, int], np.ndarray]:
    """Float32 vectors in (-1, 1), by seed, rows and size."""

    def vectors(seed: int, n_rows: int, size: int) -> np.ndarray:
        return np.tanh(np.random.default_rng(seed).normal(size=(n_rows, size))).astype(np.float32)

    return vectors


@pytest.fixture(scope="session")
def make_catalogue() -> Callable[..., Catalogue]:
    """A catalogue of all that is given, candidates being every item unless said otherwise."""

    def make(
        memory,
        vectors,
        candidate_idx=None,
        item_ids=None,
        item_bias=None,
        n_likes=None,
        allowed=None,
    ):
        n_items = len(memory)
        chosen = np.arange(n_items) if candidate_idx is None else np.array(candidate_idx)
        n_likes = np.zeros(n_items, dtype=np.int64) if n_likes is None else np.array(n_likes)
        bias = np.zeros(n_items) if item_bias is None else np.array(item_bias)
        return Catalogue(
            item_ids=np.arange(n_items) if item_ids is None else np.array(item_ids),
            memory=memory,
            candidates=vectors[chosen],
            item_bias=bias[chosen].astype(np.float32),
            candidate_idx=chosen,
            popular_idx=sort_popular(chosen, n_likes),
            n_likes=n_likes,
            allowed=np.ones((1, len(chosen)), bool) if allowed is None else np.array(allowed, bool),
        )

    return make
