"""Networks over pairs of a user and an item, built so that a user meets all items at once.

NeuMF, DeepFM and Wide & Deep have one shape. A layer over features side by side is a sum of one
share of the user's and one of the item's, W [x; y] = W_x x + W_y y, and a dot product needs one
vector of each. So both sides are computed once, and only what mixes them for each pair.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


class Side(NamedTuple):
    """What one side of R pairs contributes: it is added, but for `factors`, which are multiplied.

    Shapes: `hidden` [..., H] before the first ReLU; `factors` [..., F], F may be 0; `bias` [...].
    """

    hidden: Tensor
    factors: Tensor
    bias: Tensor

    def for_each(self) -> "Side":
        """The same for each of several items: [..., n] becomes [..., 1, n]."""
        return Side(self.hidden.unsqueeze(-2), self.factors.unsqueeze(-2), self.bias.unsqueeze(-1))


class PairNetwork(nn.Module):
    """Logits of pairs: b_u + b_i + f_u · f_i + tower(ReLU(h_u + h_i))."""

    def __init__(self, users: nn.Module, items: nn.Module, tower: nn.Module) -> None:
        super().__init__()
        self.users = users  # positions [...] → Side
        self.items = items
        self.tower = tower  # [..., H] → [..., 1]

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Logits [B, n] of users [B], each with n items of its own [B, n]."""
        return self.logits(self.users(users).for_each(), self.items(items))

    def logits(self, user: Side, item: Side) -> Tensor:
        """Logits of two sides whose leading shapes broadcast."""
        mixed = torch.relu(user.hidden + item.hidden)
        deep: Tensor = self.tower(mixed).squeeze(-1)
        return deep + user.bias + item.bias + (user.factors * item.factors).sum(-1)


def tower(sizes: Sequence[int], dropout: float) -> nn.Sequential:
    """Layers from the first hidden one (its ReLU is behind it) to one logit."""
    layers: list[nn.Module] = [nn.Dropout(dropout)]
    for size, next_size in pairwise(sizes):
        layers += [nn.Linear(size, next_size), nn.ReLU(), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], 1))


class PairScores:
    """Scores of a trained network: logits, so that no two of them meet at a rounded 1."""

    def __init__(self, network: PairNetwork, n_items: int, n_threads: int) -> None:
        self.network = network.eval()
        self.n_threads = n_threads
        with torch.no_grad():
            self.items: Side = network.items(torch.arange(n_items))

    @torch.no_grad()
    def __call__(self, users: NDArray[np.int64]) -> NDArray[np.float32]:
        """[B, n_items]; one user's pairs with all items are in memory at a time."""
        torch.set_num_threads(self.n_threads)
        rows = [
            self.network.logits(self.network.users(user), self.items).numpy()
            for user in torch.as_tensor(users)[:, None]
        ]
        return np.stack(rows)
