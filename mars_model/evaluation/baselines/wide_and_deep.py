"""Wide & Deep over a user id, an item id and the item's words.

Written here, since deepctr-torch cannot rank all items of all users (docs/dependencies.md).
Source: H.-T. Cheng et al., "Wide & Deep Learning for Recommender Systems" (2016); features as in
the MARS paper, section 4.2, which names no crossed ones.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mars_model.evaluation.baselines.bag_of_words import BagOfWords, bag_of_words
from mars_model.evaluation.baselines.interface import Known
from mars_model.evaluation.baselines.item_words import ItemTable, OverWords
from mars_model.evaluation.baselines.pair_network import PairNetwork, PairScores, Side, tower
from mars_model.evaluation.baselines.pair_training import fit_pairs

_EMBEDDING_STD = 0.01


@dataclass(frozen=True)
class WideAndDeep(OverWords):
    """`wide_penalty` is that of the wide weights' absolute values.

    The MARS paper's network is (1024, 512, 256), and its items have words but no id.
    """

    embedding_size: int = 32
    hidden: tuple[int, ...] = (128, 64, 32)
    wide_penalty: float = 1e-7

    def fit(self, known: Known) -> PairScores:
        """Train both parts together on likes and words."""
        return fit_pairs(self._network, known, self, self._wide_penalty)

    def _network(self, known: Known) -> PairNetwork:
        bag = bag_of_words(known.words, self.max_vocabulary)
        users = _User(known.likes.n_users, self)
        return PairNetwork(users, _Item(bag, self), tower(self.hidden, self.dropout))

    def _wide_penalty(self, network: PairNetwork) -> Tensor:
        named = network.named_parameters()
        sums = [weights.abs().sum() for name, weights in named if ".wide." in name]
        return self.wide_penalty * torch.stack(sums).sum()


class _User(nn.Module):
    """The user's weight in the wide part, and the share of the deep part's first layer."""

    def __init__(self, n_users: int, settings: WideAndDeep) -> None:
        super().__init__()
        self.wide = nn.Embedding(n_users, 1)
        self.embedding = nn.Embedding(n_users, settings.embedding_size)
        self.first_layer = nn.Linear(settings.embedding_size, settings.hidden[0])
        nn.init.zeros_(self.wide.weight)
        nn.init.normal_(self.embedding.weight, std=_EMBEDDING_STD)

    def forward(self, users: Tensor) -> Side:
        hidden = self.first_layer(self.embedding(users))
        return Side(hidden, hidden.new_zeros(*users.shape, 0), self.wide(users).squeeze(-1))


class _Item(nn.Module):
    """The same of the item's id and words; the deep part sees the id and the words' sum."""

    def __init__(self, bag: BagOfWords, settings: WideAndDeep) -> None:
        super().__init__()
        size = settings.embedding_size
        self.wide = ItemTable(bag, settings, 1, 0.0)
        self.embedding = ItemTable(bag, settings, size, _EMBEDDING_STD)
        self.of_id = nn.Linear(size, settings.hidden[0], bias=False)
        self.of_words = nn.Linear(size, settings.hidden[0], bias=False)

    def forward(self, items: Tensor) -> Side:
        own, words = self.embedding.id_rows(items), self.embedding.word_sums(items)
        hidden = self.of_id(own) + self.of_words(words)
        bias = (self.wide.id_rows(items) + self.wide.word_sums(items)).squeeze(-1)
        return Side(hidden, hidden.new_zeros(*items.shape, 0), bias)
