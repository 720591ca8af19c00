"""The stacked denoising autoencoder of CDL, its loss, and its passes over all items."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


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
