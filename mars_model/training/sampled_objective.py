"""Algorithm 1 of the paper: one item that was not liked for each liked one."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mars_model.features.likes import LikeMatrix
from mars_model.settings import AttentionKind, TrainingSettings
from mars_model.training.objective import PairwiseLoss, pairwise_loss
from mars_model.training.processes import ALONE, Processes
from mars_model.training.sampling import ExampleSampler, TrainingBatch
from mars_model.training.step_vectors import StepVectors


class SampledObjective:
    """Pairs drawn at random, `batch_size` a step; as many steps as all likes would fill."""

    n_sampled_candidates = 1

    def __init__(
        self,
        likes: LikeMatrix,
        settings: TrainingSettings,
        kind: AttentionKind,
        processes: Processes = ALONE,
    ) -> None:
        """Prepare the draws. Raises InputDataError where no user gives an example."""
        self._sampler = ExampleSampler(likes, settings.batch_size, settings.max_memory)
        self._settings = settings
        self._kind = kind
        self._processes = processes

    @property
    def n_steps(self) -> int:
        """Steps of an epoch."""
        return self._sampler.n_batches

    def draw_epoch(self, rng: np.random.Generator) -> Iterator[TrainingBatch]:
        """Draw the batches of an epoch, one at a time; keep this process's examples of each."""
        for _ in range(self.n_steps):
            yield self._sampler.draw(rng).part(self._processes.rank, self._processes.n)

    def loss(self, vectors: StepVectors, batch: TrainingBatch) -> Tensor:
        """Return the loss of one batch."""
        return self.parts(vectors, batch).total

    def parts(self, vectors: StepVectors, batch: TrainingBatch) -> PairwiseLoss:
        """Return the loss and its parts; each item's document is encoded once an encoder."""
        to = vectors.device
        pairs = np.stack([batch.positive_idx, batch.negative_idx], axis=1)
        items, pair_rows = np.unique(pairs, return_inverse=True)
        slots, slot_rows = np.unique(batch.memory_idx, return_inverse=True)
        item_idx = torch.from_numpy(items).to(to)
        rows = torch.from_numpy(pair_rows.reshape(pairs.shape)).to(to)
        memory_rows = torch.from_numpy(slot_rows.reshape(batch.memory_idx.shape)).to(to)
        # embedding, not indexing: its backward pass adds up rows in parallel, in a fixed order.
        memory = vectors.memory(torch.from_numpy(slots).to(to))
        bias = functional.embedding(rows, vectors.bias(item_idx)[:, None])
        return pairwise_loss(
            memory=functional.embedding(memory_rows, memory),
            memory_mask=torch.from_numpy(batch.memory_mask).to(to),
            candidates=functional.embedding(rows, vectors.candidates(item_idx)),
            item_bias=bias.squeeze(-1),
            user_penalty=self._settings.user_penalty,
            item_penalty=self._settings.item_penalty,
            kind=self._kind,
        )
