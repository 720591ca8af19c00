"""DeepFM over a user id, an item id and the item's words.

Written here, since deepctr-torch cannot rank all items of all users (docs/dependencies.md).
Source: H. Guo, R. Tang, Y. Ye, Z. Li, X. He, "DeepFM: A Factorization-Machine based Neural
Network for CTR Prediction" (2017); features as in the MARS paper, section 4.2.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from mars_model.evaluation.baselines.bag_of_words import BagOfWords, bag_of_words
from mars_model.evaluation.baselines.interface import Known
from mars_model.evaluation.baselines.item_words import ItemTable, OverWords
from mars_model.evaluation.baselines.pair_network import PairNetwork, PairScores, Side, tower
from mars_model.evaluation.baselines.pair_training import fit_pairs

_EMBEDDING_STD = 0.01


@dataclass(frozen=True)
class DeepFm(OverWords):
    """Each word is a feature of its own in the factorisation machine, one field in the network.

    The MARS paper's network is (200, 200, 200), and its items have words but no id.
    """

    n_factors: int = 16
    hidden: tuple[int, ...] = (64, 64)

    def fit(self, known: Known) -> PairScores:
        """Train on likes and words."""
        return fit_pairs(self._network, known, self)

    def _network(self, known: Known) -> PairNetwork:
        bag = bag_of_words(known.words, self.max_vocabulary)
        users = _User(known.likes.n_users, self)
        return PairNetwork(users, _Item(bag, self), tower(self.hidden, self.dropout))


class _User(nn.Module):
    """The user's feature: weight, factors, and the share of layer one."""

    def __init__(self, n_users: int, settings: DeepFm) -> None:
        super().__init__()
        self.factors = nn.Embedding(n_users, settings.n_factors)
        self.bias = nn.Embedding(n_users, 1)
        self.first_layer = nn.Linear(settings.n_factors, settings.hidden[0])
        nn.init.normal_(self.factors.weight, std=_EMBEDDING_STD)
        nn.init.zeros_(self.bias.weight)

    def forward(self, users: Tensor) -> Side:
        factors = self.factors(users)
        return Side(self.first_layer(factors), factors, self.bias(users).squeeze(-1))


class _Item(nn.Module):
    """The item's features: with the user they meet in Σ_f x_f v_f, among each other in the bias.

    All pairs of features f < g add x_f x_g v_f · v_g = ½ (‖Σ x_f v_f‖² − Σ ‖x_f v_f‖²).
    """

    def __init__(self, bag: BagOfWords, settings: DeepFm) -> None:
        super().__init__()
        size = settings.n_factors
        self.factors = ItemTable(bag, settings, size, _EMBEDDING_STD)
        self.bias = ItemTable(bag, settings, 1, 0.0)
        self.of_id = nn.Linear(size, settings.hidden[0], bias=False)
        self.of_words = nn.Linear(size, settings.hidden[0], bias=False)

    def forward(self, items: Tensor) -> Side:
        own, words = self.factors.id_rows(items), self.factors.word_sums(items)
        factors = own + words
        squares = own.square().sum(-1) + self.factors.word_squares(items)
        within = (factors.square().sum(-1) - squares) / 2
        bias = (self.bias.id_rows(items) + self.bias.word_sums(items)).squeeze(-1)
        return Side(self.of_id(own) + self.of_words(words), factors, bias + within)
