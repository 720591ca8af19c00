"""NeuMF, the model of NCF: a factorisation and a network over ids, fused in the last layer.

Written here, since cornac's draws each negative item in a Python loop (docs/dependencies.md).
Source: X. He, L. Liao, H. Zhang, L. Nie, X. Hu, T.-S. Chua, "Neural Collaborative Filtering"
(2017), Eq. 12, trained from scratch.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mars_model.evaluation.baselines.interface import Known
from mars_model.evaluation.baselines.pair_network import PairNetwork, PairScores, Side, tower
from mars_model.evaluation.baselines.pair_training import PairTraining, fit_pairs

_EMBEDDING_STD = 0.01


@dataclass(frozen=True, kw_only=True)
class NeuMf(PairTraining):
    """`hidden` are the network's layers, below them embeddings as wide as the first of them.

    The layers are the MARS paper's.
    """

    n_factors: int = 8
    hidden: tuple[int, ...] = (32, 16, 8)
    dropout: float = 0.0
    batch_size: int = 256
    weight_decay: float = 1e-6

    def fit(self, known: Known) -> PairScores:
        """Train on likes alone."""
        return fit_pairs(self._network, known, self)

    def _network(self, known: Known) -> PairNetwork:
        users = _Ids(known.likes.n_users, self.n_factors, self.hidden[0])
        items = _Ids(known.likes.n_items, self.n_factors, self.hidden[0])
        return PairNetwork(users, items, tower(self.hidden, self.dropout))


class _Ids(nn.Module):
    """One side: a vector for the product, and one for the network with its share of layer one.

    The last layer's weight of each product of factors is part of the factors: no other model is
    lost or won. Both sides have a bias of layer one, so one of them is to spare.
    """

    def __init__(self, n: int, n_factors: int, n_hidden: int) -> None:
        super().__init__()
        self.factors = nn.Embedding(n, n_factors)
        self.embedding = nn.Embedding(n, n_hidden)
        self.first_layer = nn.Linear(n_hidden, n_hidden)
        nn.init.normal_(self.factors.weight, std=_EMBEDDING_STD)
        nn.init.normal_(self.embedding.weight, std=_EMBEDDING_STD)

    def forward(self, positions: Tensor) -> Side:
        hidden = self.first_layer(self.embedding(positions))
        return Side(hidden, self.factors(positions), torch.zeros(positions.shape))
