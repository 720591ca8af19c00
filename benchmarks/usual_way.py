"""MARS written the usual way: what benchmarks/training.py times training against.

Every word's embedding is looked up, convolved and pooled for every document of a batch: positives,
negatives and each slot of each memory, whether or not the item occurs elsewhere in the batch.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mars_model.settings import TrainingSettings
from mars_model.training.derived_settings import SettledTraining
from mars_model.training.network import Encoder, MarsNetwork
from mars_model.training.objective import pairwise_loss
from mars_model.training.optimizer import DecayingOptimizer
from mars_model.training.sampled_objective import SampledObjective
from mars_model.training.sampling import TrainingBatch
from mars_model.training.step_vectors import StepVectors
from mars_model.training.text_encoders import ConvolutionalText

TOLERANCE = 1e-5


class UsualEncoder(nn.Module):
    """Embedding, Conv1d, ReLU, max-pool, Linear, tanh, with the weights of an encoder here."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        text, projection = encoder.text, encoder.projection
        assert isinstance(text, ConvolutionalText) and projection is not None
        window, size, n_filters = text.filters.shape
        self.embedding = nn.Embedding(len(text.word_embedding), size, padding_idx=0)
        self.convolution = nn.Conv1d(size, n_filters, window)
        self.projection = nn.Linear(n_filters, encoder.size)
        with torch.no_grad():
            self.embedding.weight.copy_(text.word_embedding)
            self.convolution.weight.copy_(text.filters.permute(2, 1, 0))
            assert self.convolution.bias is not None
            self.convolution.bias.copy_(text.filter_bias)
            self.projection.load_state_dict(projection.state_dict())

    def forward(self, words: Tensor) -> Tensor:
        """Encode documents `[D, L]` to `[D, K]`; padding never wins, as in decision 3."""
        features = torch.relu(self.convolution(self.embedding(words).transpose(1, 2)))
        is_padded = words[:, self.convolution.kernel_size[0] - 1 :] == 0
        is_padded[:, 0] = False
        pooled = features.masked_fill(is_padded[:, None], -torch.inf).amax(dim=2)
        return torch.tanh(self.projection(pooled))


class UsualModel(nn.Module):
    """Both encoders the usual way; its loss is that of `SampledObjective`."""

    def __init__(self, network: MarsNetwork) -> None:
        super().__init__()
        self.item_encoder = UsualEncoder(network.item_encoder)
        self.user_encoder = UsualEncoder(network.user_encoder)

    def loss(self, documents: Tensor, batch: TrainingBatch, settings: TrainingSettings) -> Tensor:
        """Encode every document of the batch; the padding of short memories is spared."""
        pairs = np.stack([batch.positive_idx, batch.negative_idx], axis=1)
        candidates = self.item_encoder(documents[pairs.reshape(-1)])
        mask = torch.from_numpy(batch.memory_mask)
        slots = self.user_encoder(documents[batch.memory_idx[batch.memory_mask]])
        memory = slots.new_zeros(*mask.shape, slots.shape[1])
        memory = memory.masked_scatter(mask[..., None], slots)
        return pairwise_loss(
            memory=memory,
            memory_mask=mask,
            candidates=candidates.view(*pairs.shape, -1),
            item_bias=torch.zeros(pairs.shape),
            user_penalty=settings.user_penalty,
            item_penalty=settings.item_penalty,
        ).total


@dataclass(frozen=True)
class Way:
    """One of the two: its loss of a batch, and its step along the gradient."""

    loss: Callable[[TrainingBatch], Tensor]
    zero_grad: Callable[[], object]
    move: Callable[[], object]

    def step(self, batch: TrainingBatch) -> None:
        """Take one step as training does."""
        self.zero_grad()
        loss = self.loss(batch)
        loss.item()
        loss.backward()  # type: ignore[no-untyped-call]
        self.move()


def both_ways(
    network: MarsNetwork, objective: SampledObjective, documents: Tensor, settings: SettledTraining
) -> tuple[Way, Way]:
    """Here and the usual way, from the same weights."""
    usual = UsualModel(network)
    usual_optimizer = torch.optim.RMSprop(usual.parameters(), lr=settings.learning_rate)
    optimizer = DecayingOptimizer(network, settings)
    here = Way(
        loss=lambda b: objective.loss(StepVectors(network, documents, settings), b),
        zero_grad=optimizer.zero_grad,
        move=optimizer.step,
    )
    return here, Way(
        loss=lambda b: usual.loss(documents, b, settings),
        zero_grad=usual_optimizer.zero_grad,
        move=usual_optimizer.step,
    )


def check_same_loss(here: Way, usual: Way, batch: TrainingBatch) -> tuple[float, float]:
    """Both losses of one batch. Ends the program where they differ by more than TOLERANCE."""
    with torch.no_grad():
        losses = here.loss(batch).item(), usual.loss(batch).item()
    if not abs(losses[0] - losses[1]) <= TOLERANCE * max(1.0, abs(losses[1])):
        sys.exit(f"the two ways give the losses {losses[0]} and {losses[1]}: nothing is compared")
    return losses
