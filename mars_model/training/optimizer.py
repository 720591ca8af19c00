"""The optimisers, and weight decay that means the same for both.

Decay is decoupled from the gradient: each step first multiplies the weights by
1 - learning rate x decay. Source: Loshchilov and Hutter, "Decoupled weight decay" (2019).
"""

import torch
from torch import Tensor

from mars_model.settings import TrainingSettings
from mars_model.training.network import MarsNetwork


class DecayingOptimizer:
    """RMSprop or Adam with decay of the text encoders' matrices and of the free vectors."""

    def __init__(self, network: MarsNetwork, settings: TrainingSettings) -> None:
        kind = torch.optim.Adam if settings.optimizer == "adam" else torch.optim.RMSprop
        self._optimizer = kind(network.parameters(), lr=settings.learning_rate)
        matrices: list[Tensor] = []
        free: list[Tensor] = []
        for encoder in (network.item_encoder, network.user_encoder):
            if encoder.free is not None:
                free.append(encoder.free.table)
            for part in (encoder.text, encoder.projection):
                if part is not None:
                    matrices += [p for p in part.parameters() if p.ndim > 1]
        rates = ((matrices, settings.weight_decay), (free, settings.free_weight_decay))
        self._decays = [
            (weights, 1 - settings.learning_rate * decay) for weights, decay in rates if decay
        ]

    def zero_grad(self) -> None:
        """Forget the last step's gradient."""
        self._optimizer.zero_grad()

    @torch.no_grad()
    def step(self) -> None:
        """Shrink the weights that decay, then move all along the gradient."""
        for weights, factor in self._decays:
            torch._foreach_mul_(weights, factor)
        self._optimizer.step()
