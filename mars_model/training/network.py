"""The two encoders that turn an item's document into a candidate vector and a memory slot.

Source: Eq. 1-4; docs/model.md, decision 2 (the bias of Eq. 4 is a vector).
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mars_model.settings import ModelSettings
from mars_model.training.pooled_convolution import pooled_convolution

WORD_EMBEDDING_STD = 0.1


class TextEncoder(nn.Module):
    """Embedding, convolution, ReLU, max over windows, linear, tanh.

    Shapes: V vocabulary, e word-embedding size, c window, g filters, K representation size.
    Parameters: `word_embedding` `[V+1, e]`, whose row 0 is padding and stays zero; `filters`
    `[c, e, g]`; `filter_bias` `[g]`; `projection` from g to K, with a bias of length K.
    """

    def __init__(self, n_words: int, settings: ModelSettings, generator: torch.Generator) -> None:
        super().__init__()
        size, window, n_filters = settings.embedding_size, settings.window, settings.n_filters
        self.word_embedding = nn.Parameter(torch.zeros(n_words + 1, size))
        self.filters = nn.Parameter(torch.empty(window, size, n_filters))
        self.filter_bias = nn.Parameter(torch.zeros(n_filters))
        # skip_init: the usual initialisation would draw from torch's global generator.
        self.projection = nn.utils.skip_init(  # type: ignore[no-untyped-call]
            nn.Linear, n_filters, settings.representation_size
        )
        with torch.no_grad():
            self.word_embedding[1:].normal_(0, WORD_EMBEDDING_STD, generator=generator)
            self.filters.normal_(0, math.sqrt(2 / (window * size)), generator=generator)
            nn.init.xavier_uniform_(self.projection.weight, generator=generator)
            self.projection.bias.zero_()

    def lookup_tables(self, word_embedding: Tensor) -> Tensor:
        """Return the convolution's tables `[R, c, g]` for R embedding rows `[R, e]`: row @ W_k."""
        window, size, n_filters = self.filters.shape
        side_by_side = self.filters.transpose(0, 1).reshape(size, window * n_filters)
        return (word_embedding @ side_by_side).view(-1, window, n_filters)

    def encode(self, tables: Tensor, words: Tensor) -> Tensor:
        """Encode documents `[D, L]`, whose words are rows of the tables, to `[D, K]`."""
        pooled = torch.relu(pooled_convolution(tables, words) + self.filter_bias)
        return torch.tanh(self.projection(pooled))

    def forward(self, words: Tensor) -> Tensor:
        """Encode documents `[D, L]` int64 (0 pads behind the last word) to `[D, K]` in (-1, 1)."""
        # Words that these documents do not hold need no tables; row 0 stays the padding's.
        is_used = torch.bincount(words.reshape(-1), minlength=len(self.word_embedding)) > 0
        is_used[0] = True
        used_words, position = is_used.nonzero().squeeze(1), is_used.cumsum(0) - 1
        tables = self.lookup_tables(functional.embedding(used_words, self.word_embedding))
        return self.encode(tables, position[words])


class MarsNetwork(nn.Module):
    """The item encoder and the user encoder, with separate parameters throughout."""

    def __init__(self, item_encoder: TextEncoder, user_encoder: TextEncoder) -> None:
        super().__init__()
        self.item_encoder = item_encoder
        self.user_encoder = user_encoder


def build_network(n_words: int, model_settings: ModelSettings, seed: int) -> MarsNetwork:
    """Return a freshly initialised network for a vocabulary of `n_words` words.

    The weights depend on the arguments alone: torch's global generator is not touched.
    """
    generator = torch.Generator().manual_seed(seed)
    return MarsNetwork(
        item_encoder=TextEncoder(n_words, model_settings, generator),
        user_encoder=TextEncoder(n_words, model_settings, generator),
    )


@torch.no_grad()
def encode_all(
    encoder: TextEncoder, documents: NDArray[np.int64], chunk: int = 4096
) -> NDArray[np.float32]:
    """Encode all documents `[n_items, L]` to `[n_items, K]` float32, `chunk` documents at a time.

    The tables are computed once, so a small chunk costs memory traffic only.
    """
    tables = encoder.lookup_tables(encoder.word_embedding)
    vectors = np.empty((len(documents), encoder.projection.out_features), dtype=np.float32)
    for start in range(0, len(documents), chunk):
        words = torch.tensor(documents[start : start + chunk])
        vectors[start : start + chunk] = encoder.encode(tables, words).numpy()
    return vectors
