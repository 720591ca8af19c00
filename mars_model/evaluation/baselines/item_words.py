"""What an item's features add up to: its id at weight 1, its words at tf-idf.

For DeepFM and Wide & Deep, which both need such sums of a table's rows.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from mars_model.evaluation.baselines.bag_of_words import BagOfWords


class ItemTable(nn.Module):
    """Rows of E numbers for ids, where they are features, and for words.

    Items have their `words_per_item` words of the largest tf-idf, a unit vector.
    """

    def __init__(
        self, bag: BagOfWords, words_per_item: int, has_ids: bool, size: int, std: float
    ) -> None:
        super().__init__()
        word_idx, weights = bag.top_words(words_per_item)
        self.word_idx: Tensor
        self.weights: Tensor
        self.register_buffer("word_idx", torch.from_numpy(word_idx))
        self.register_buffer("weights", torch.from_numpy(weights))
        # Word 0 fills short documents, also where the vocabulary is empty.
        self.words = nn.Parameter(torch.randn(max(1, len(bag.vocabulary)), size) * std)
        n_ids = bag.n_documents if has_ids else 0
        self.ids = nn.Parameter(torch.randn(n_ids, size) * std)

    def id_rows(self, items: Tensor) -> Tensor:
        """The items' own rows [..., E]; zeros where ids are no features."""
        if not len(self.ids):
            return self.words.new_zeros(*items.shape, self.words.shape[1])
        return functional.embedding(items, self.ids)

    def word_sums(self, items: Tensor) -> Tensor:
        """Σ x_w · row_w over the items' words: [..., E]."""
        return self._sums(items, self.words, self.weights)

    def word_squares(self, items: Tensor) -> Tensor:
        """Σ ‖x_w · row_w‖²: [...]."""
        squares = self.words.square().sum(1, keepdim=True)
        return self._sums(items, squares, self.weights.square()).squeeze(-1)

    def _sums(self, items: Tensor, table: Tensor, weights: Tensor) -> Tensor:
        flat = items.flatten()
        sums = functional.embedding_bag(
            self.word_idx[flat], table, per_sample_weights=weights[flat], mode="sum"
        )
        return sums.unflatten(0, items.shape)
