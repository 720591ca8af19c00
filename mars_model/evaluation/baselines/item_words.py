"""What an item's features add up to: its id at weight 1, its words at tf-idf.

For DeepFM and Wide & Deep, which both need such sums of a table's rows.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mars_model.evaluation.baselines.bag_of_words import BagOfWords
from mars_model.evaluation.baselines.pair_training import PairTraining


@dataclass(frozen=True, kw_only=True)
class OverWords(PairTraining):
    """What DeepFM and Wide & Deep read of an item, and how their network is trained."""

    dropout: float = 0.2
    has_item_ids: bool = True
    max_vocabulary: int = 4000
    words_per_item: int = 30


class ItemTable(nn.Module):
    """Rows of E numbers for ids, where they are features, and for words.

    Items have their `words_per_item` words of the largest tf-idf, a unit vector. Sums over words
    are made for all items at once: one sparse product costs less than looking up the words of a
    batch of items.
    """

    def __init__(self, bag: BagOfWords, settings: OverWords, size: int, std: float) -> None:
        super().__init__()
        word_idx, weights = bag.top_words(settings.words_per_item)
        # Word 0 fills short documents, also where the vocabulary is empty.
        n_words = max(1, len(bag.vocabulary))
        self.weights = _FixedMatrix(word_idx, weights, n_words)
        self.squared_weights = _FixedMatrix(word_idx, weights**2, n_words)
        self.words = nn.Parameter(torch.randn(n_words, size) * std)
        n_ids = len(word_idx) if settings.has_item_ids else 0
        self.ids = nn.Parameter(torch.randn(n_ids, size) * std)

    def id_rows(self, items: Tensor) -> Tensor:
        """The items' own rows [..., E]; zeros where ids are no features."""
        if not len(self.ids):
            return self.words.new_zeros(*items.shape, self.words.shape[1])
        return functional.embedding(items, self.ids)

    def word_sums(self, items: Tensor) -> Tensor:
        """Σ x_w · row_w over the items' words: [..., E]."""
        return functional.embedding(items, self.weights.times(self.words))

    def word_squares(self, items: Tensor) -> Tensor:
        """Σ ‖x_w · row_w‖²: [...]."""
        squares = self.words.square().sum(1, keepdim=True)
        return functional.embedding(items, self.squared_weights.times(squares)).squeeze(-1)


class _FixedMatrix:
    """A sparse matrix [n_items, n_words] that is not learned, and its transpose."""

    def __init__(
        self, word_idx: NDArray[np.int64], weights: NDArray[np.float32], n_words: int
    ) -> None:
        items = np.repeat(np.arange(len(word_idx)), word_idx.shape[1])
        index = torch.from_numpy(np.stack([items, word_idx.ravel()]))
        values = torch.from_numpy(weights.ravel())
        shape = (len(word_idx), n_words)
        matrix = torch.sparse_coo_tensor(index, values, shape, check_invariants=True)
        with warnings.catch_warnings():
            # torch calls CSR a beta; the product of a table is all that is used of it.
            warnings.filterwarnings("ignore", "Sparse CSR tensor support")
            self.matrix = matrix.coalesce().to_sparse_csr()
            self.transposed = matrix.t().coalesce().to_sparse_csr()

    def times(self, table: Tensor) -> Tensor:
        """The product with a table [n_words, E]: [n_items, E]."""
        product: Tensor = _Product.apply(table, self)
        return product


class _Product(torch.autograd.Function):
    """torch's own gradient of a sparse product would transpose the matrix at each step."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, fixed: _FixedMatrix) -> Tensor:
        ctx.fixed = fixed
        return fixed.matrix @ table

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return ctx.fixed.transposed @ gradients[0], None
