"""What belongs to an item's position and not to its text: free vectors and a bias.

Items that nobody liked in training have zeros, which never move: such an item's vector is that of
its text alone, as a new item's will be. Source: docs/model.md, "Beyond the paper".
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional


class FreeVectors(nn.Module):
    """One vector an item, Gaussian at the start. Parameter: `table` `[n_items, K]`."""

    is_liked: Tensor  # [n_items, 1] bool

    def __init__(
        self, n_likes: NDArray[np.int64], size: int, std: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.register_buffer("is_liked", torch.from_numpy(n_likes > 0)[:, None], persistent=False)
        start = torch.empty(len(n_likes), size).normal_(0, std, generator=generator)
        self.table = nn.Parameter(start * self.is_liked)

    def forward(self, item_idx: Tensor) -> Tensor:
        """Return the vectors of items, exactly zero for those without a like: `[*shape, K]`."""
        # The mask holds back gradients too, and with them every optimiser's step.
        return functional.embedding(item_idx, self.table) * self.is_liked[item_idx]


class ItemBias(nn.Module):
    """One number an item, log(1 + likes) / scale at the start. Parameter: `values` `[n_items]`."""

    is_liked: Tensor  # [n_items] bool

    def __init__(self, n_likes: NDArray[np.int64], scale: float = 1.0) -> None:
        super().__init__()
        self.register_buffer("is_liked", torch.from_numpy(n_likes > 0), persistent=False)
        start = (np.log1p(n_likes) / scale).astype(np.float32)
        self.values = nn.Parameter(torch.from_numpy(start))

    def forward(self, item_idx: Tensor) -> Tensor:
        """Return the biases of items, exactly zero for those without a like."""
        return self.values[item_idx] * self.is_liked[item_idx]
