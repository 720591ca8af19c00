"""Collaborative deep learning: a denoising autoencoder of bags of words inside a factorisation.

Written here from its paper, since cornac's needs TensorFlow 1.
Source: H. Wang, N. Wang, D.-Y. Yeung, "Collaborative Deep Learning for Recommender Systems"
(2015), Eq. 5-7.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mars_model.evaluation.baselines.bag_of_words import BagOfWords, bag_of_words
from mars_model.evaluation.baselines.factors import Factors, by_item, weighted_factors
from mars_model.evaluation.baselines.interface import Known
from mars_model.training.reproducible import reproducible


@dataclass(frozen=True)
class Cdl:
    """λ_u, λ_v, λ_n and λ_w of the paper, in words; b is the weight of an item not liked.

    The encoder has the layers words, `hidden`, `n_factors`, the decoder the same backwards: of the
    paper's 8000-200-50-200-8000 all but the vocabulary.
    """

    n_factors: int = 50
    hidden: tuple[int, ...] = (200,)
    user_penalty: float = 1.0
    item_penalty: float = 10.0
    reconstruction_weight: float = 1000.0
    weight_penalty: float = 0.1
    unliked_weight: float = 0.01
    noise: float = 0.3  # share of the words' counts that the autoencoder does not see
    dropout: float = 0.1
    learning_rate: float = 0.001
    batch_size: int = 256
    max_vocabulary: int = 4000
    n_pretraining_epochs: int = 10
    n_epochs: int = 15

    def fit(self, known: Known) -> Factors:
        """One pass of the autoencoder and one exact step of all factors, in turn."""
        likes, likers = known.likes, by_item(known.likes)
        with reproducible(known.n_threads), torch.random.fork_rng(devices=[]):
            torch.manual_seed(known.seed)
            text = _Text(self, bag_of_words(known.words, self.max_vocabulary))
            for _ in range(self.n_pretraining_epochs):
                text.train_epoch(None)
            items = text.codes()
            for _ in range(self.n_epochs):
                users = weighted_factors(items, likes, self.unliked_weight, self.user_penalty)
                items = weighted_factors(
                    users, likers, self.unliked_weight, self.item_penalty, text.codes()
                )
                text.train_epoch(items)
        return Factors(users.astype(np.float32), items.astype(np.float32))


class _Text:
    """All items' words, and the autoencoder that is trained on them."""

    def __init__(self, settings: Cdl, bag: BagOfWords) -> None:
        self.settings = settings
        self.words = normalised_words(bag)
        sizes = (self.words.shape[1], *settings.hidden, settings.n_factors)
        self.network = Autoencoder(sizes, settings.dropout)
        self.optimizer = torch.optim.Adam(
            self.network.parameters(), lr=settings.learning_rate, fused=True
        )

    def train_epoch(self, items: NDArray[np.float64] | None) -> None:
        """One step for each batch of items, towards their factors [n_items, K] where given."""
        settings, n_items = self.settings, self.words.shape[0]
        codes = None if items is None else torch.from_numpy(items.astype(np.float32))
        self.network.train()
        for batch in torch.split(torch.randperm(n_items), settings.batch_size):
            words = self.words[batch]
            loss = autoencoder_loss(
                self.network,
                words * (torch.rand_like(words) >= settings.noise),
                words,
                None if codes is None else codes[batch],
                settings.item_penalty,
                settings.reconstruction_weight,
                # All batches of an epoch together bear the penalty once.
                settings.weight_penalty * len(batch) / n_items,
            )
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()

    @torch.no_grad()
    def codes(self) -> NDArray[np.float64]:
        """The encoder's view of each item's words without noise, [n_items, K]."""
        self.network.eval()
        codes: NDArray[np.float64] = self.network.encoder(self.words).double().numpy()
        return codes


def normalised_words(bag: BagOfWords) -> Tensor:
    """Counts [n_items, V] between 0 and 1: over the largest count of the document.

    Dense, four bytes an entry; one column of zeros where there are no words.
    """
    words = torch.zeros(bag.n_documents, max(1, len(bag.vocabulary)))
    words[bag.document_idx, bag.word_idx] = torch.from_numpy(bag.counts)
    return words / words.amax(dim=1, keepdim=True).clamp(min=1)


class Autoencoder(nn.Module):
    """Sigmoid layers from words to a code and back: `sizes` are words, hidden …, code."""

    def __init__(self, sizes: Sequence[int], dropout: float) -> None:
        super().__init__()
        self.encoder = _layers(sizes, dropout)
        self.decoder = _layers(sizes[::-1], dropout)

    def forward(self, words: Tensor) -> tuple[Tensor, Tensor]:
        """Words [D, V] as they are seen → code [D, K] and words restored [D, V]."""
        code = self.encoder(words)
        return code, self.decoder(code)


def autoencoder_loss(
    network: Autoencoder,
    seen: Tensor,
    words: Tensor,
    codes: Tensor | None,
    code_weight: float,
    words_weight: float,
    weight_penalty: float,
) -> Tensor:
    """What the autoencoder adds to the negative of the paper's Eq. 5, for D documents.

    λ_v/2 Σ ‖code − codes‖² + λ_n/2 Σ ‖restored − words‖² + λ_w/2 Σ (‖W‖² + ‖b‖²); without
    `codes` [D, K] the first term is left out. `seen` and `words` are [D, V].
    """
    code, restored = network(seen)
    loss = words_weight / 2 * (restored - words).square().sum()
    if codes is not None:
        loss = loss + code_weight / 2 * (code - codes).square().sum()
    squares = torch.stack([weight.square().sum() for weight in network.parameters()])
    total: Tensor = loss + weight_penalty / 2 * squares.sum()
    return total


def _layers(sizes: Sequence[int], dropout: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for size, next_size in pairwise(sizes):
        layers += [nn.Dropout(dropout), nn.Linear(size, next_size), nn.Sigmoid()]
    return nn.Sequential(*layers[1:])
