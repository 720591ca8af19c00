"""Full-catalogue softmax: every like of a batch of users against all items at once.

Source: docs/model.md, "Full-catalogue softmax".
"""

from collections.abc import Iterator
from dataclasses import fields

import numpy as np
import torch
from torch import Tensor

from mars_model.features.likes import LikeMatrix
from mars_model.settings import AttentionKind
from mars_model.training.catalogue_batches import CatalogueBatch, CatalogueBatches
from mars_model.training.derived_settings import SettledTraining
from mars_model.training.leave_one_out import Memories, leave_one_out_scores
from mars_model.training.precision import type_of_products
from mars_model.training.processes import ALONE, Processes
from mars_model.training.step_vectors import StepVectors


class CatalogueObjective:
    """Minus the log of each like's softmax share among the candidates, the mean over likes.

    One row of scores a user: a liked item's is that of the memory without it, so the row holds
    what every one of the user's likes is trained against.
    """

    def __init__(
        self,
        likes: LikeMatrix,
        settings: SettledTraining,
        kind: AttentionKind,
        processes: Processes = ALONE,
    ) -> None:
        """Prepare the draws. Raises InputDataError where no user gives an example."""
        self._batches = CatalogueBatches(
            likes,
            settings.users_per_batch,
            settings.history_dropout,
            settings.max_candidates,
            processes,
        )
        self._kind = kind
        self._logit_scale = settings.logit_scale
        self._precision = settings.precision
        self.n_sampled_candidates = settings.max_candidates if self._batches.is_sampled else 0

    @property
    def n_steps(self) -> int:
        """Steps of an epoch."""
        return self._batches.n_batches

    def draw_epoch(self, rng: np.random.Generator) -> Iterator[CatalogueBatch]:
        """Draw the batches of an epoch, one at a time."""
        return self._batches.draw_epoch(rng)

    def loss(self, vectors: StepVectors, batch: CatalogueBatch) -> Tensor:
        """Return the loss of one batch; each item's document is encoded once an encoder."""

        def tensor(values: np.ndarray) -> Tensor:
            return torch.from_numpy(values).to(vectors.device)

        memories = Memories(**{f.name: tensor(getattr(batch, f.name)) for f in fields(Memories)})
        candidate_idx = tensor(batch.candidate_idx)
        scores = leave_one_out_scores(
            memory=vectors.memory(tensor(batch.memory_idx)),
            candidates=vectors.candidates(candidate_idx),
            memories=memories,
            kind=self._kind,
            products=type_of_products(self._precision, vectors.device),
        )
        scores = scores + vectors.bias(candidate_idx)
        logits = self._logit_scale * scores + tensor(batch.log_weight)
        is_skipped = torch.zeros_like(logits, dtype=torch.bool)
        is_skipped[tensor(batch.skipped_users), tensor(batch.skipped_targets)] = True
        shares = logits.masked_fill(is_skipped, -torch.inf).log_softmax(dim=1)
        return -shares[tensor(batch.users), tensor(batch.targets)].mean()
