"""What the encoders read of a document: pooled convolutions, or the mean of its words.

Source: Eq. 1-3; docs/model.md, decision 6 (MARS+Embed).
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from mars_model.settings import ModelSettings
from mars_model.training.pooled_convolution import pooled_convolution

WORD_EMBEDDING_STD = 0.1


class ConvolutionalText(nn.Module):
    """Embedding, convolution, max over windows, ReLU: `[D, L]` words to `[D, g]` features.

    Shapes: V vocabulary, e word-embedding size, c window, g filters.
    Parameters: `word_embedding` `[V+1, e]`, whose row 0 is padding and stays zero; `filters`
    `[c, e, g]`; `filter_bias` `[g]`.
    """

    def __init__(self, n_words: int, settings: ModelSettings, generator: torch.Generator) -> None:
        super().__init__()
        size, window, n_filters = settings.embedding_size, settings.window, settings.n_filters
        self.n_features = n_filters
        self.word_embedding = _word_embedding(n_words, size, generator)
        self.filters = nn.Parameter(torch.empty(window, size, n_filters))
        self.filter_bias = nn.Parameter(torch.zeros(n_filters))
        with torch.no_grad():
            self.filters.normal_(0, math.sqrt(2 / (window * size)), generator=generator)

    def lookup_tables(self, word_embedding: Tensor) -> Tensor:
        """Return the convolution's tables `[R, c, g]` for R embedding rows `[R, e]`: row @ W_k."""
        window, size, n_filters = self.filters.shape
        side_by_side = self.filters.transpose(0, 1).reshape(size, window * n_filters)
        return (word_embedding @ side_by_side).view(-1, window, n_filters)

    def forward(self, words: Tensor) -> Tensor:
        """Read documents `[D, L]` int64; 0 pads behind the last word."""
        # Words that these documents do not hold need no tables; row 0 stays the padding's.
        is_used = torch.bincount(words.reshape(-1), minlength=len(self.word_embedding)) > 0
        is_used[0] = True
        used_words, position = is_used.nonzero().squeeze(1), is_used.cumsum(0) - 1
        tables = self.lookup_tables(functional.embedding(used_words, self.word_embedding))
        return torch.relu(pooled_convolution(tables, position[words]) + self.filter_bias)


class MeanText(nn.Module):
    """The mean of a document's word embeddings: `[D, L]` words to `[D, e]`; zero where empty.

    Parameters: `word_embedding` `[V+1, e]`, whose row 0 is padding and stays zero.
    """

    def __init__(self, n_words: int, settings: ModelSettings, generator: torch.Generator) -> None:
        super().__init__()
        self.n_features = settings.embedding_size
        self.word_embedding = _word_embedding(n_words, settings.embedding_size, generator)

    def forward(self, words: Tensor) -> Tensor:
        """Read documents `[D, L]` int64; 0 pads behind the last word."""
        # Without the padding, which is most of a table of documents; the sums stay the same.
        is_word = words != 0
        n_words = is_word.sum(dim=1)
        return functional.embedding_bag(
            words[is_word], self.word_embedding, n_words.cumsum(0) - n_words, mode="mean"
        )


def _word_embedding(n_words: int, size: int, generator: torch.Generator) -> nn.Parameter:
    values = torch.zeros(n_words + 1, size)
    values[1:].normal_(0, WORD_EMBEDDING_STD, generator=generator)
    return nn.Parameter(values)
