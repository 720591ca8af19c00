"""Vectors of items as one training step sees them: both encoders, with the step's dropout."""

import torch
from torch import Tensor
from torch.nn import functional

from mars_model.training.derived_settings import SettledTraining
from mars_model.training.network import Encoder, MarsNetwork


class StepVectors:
    """The vectors of one step; each call encodes the documents of the items asked for, once.

    Dropout comes from torch's global generators, which `reproducible` seeds.
    """

    def __init__(self, network: MarsNetwork, documents: Tensor, settings: SettledTraining) -> None:
        """Draw the items that are new in this step; `documents` `[n_items, L]`."""
        self._network = network
        self._documents = documents
        self._vector_dropout = settings.vector_dropout
        self._is_known: Tensor | None = None
        if network.item_encoder.free is not None and settings.free_dropout > 0:
            draws = torch.rand(len(documents), 1, device=documents.device)
            self._is_known = draws >= settings.free_dropout

    @property
    def device(self) -> torch.device:
        """Where positions of items must be."""
        return self._documents.device

    def candidates(self, item_idx: Tensor) -> Tensor:
        """Return the items as candidates, `[n, K]` for `[n]` positions, all different."""
        return self._encode(self._network.item_encoder, item_idx)

    def memory(self, item_idx: Tensor) -> Tensor:
        """Return the items as slots of memories, `[n, K]` for `[n]` positions, all different."""
        return self._encode(self._network.user_encoder, item_idx)

    def bias(self, item_idx: Tensor) -> Tensor:
        """Return the items' bias, `[n]`, zero where the model has none and of new items."""
        if self._network.item_bias is None:
            return torch.zeros(len(item_idx), device=self.device)
        bias: Tensor = self._network.item_bias(item_idx)
        return bias if self._is_known is None else bias * self._is_known[item_idx, 0]

    def _encode(self, encoder: Encoder, item_idx: Tensor) -> Tensor:
        free = None
        if encoder.free is not None:
            free = encoder.free(item_idx)
            if self._is_known is not None:
                free = free * self._is_known[item_idx]
        vectors = encoder(self._documents[item_idx], free)
        return functional.dropout(vectors, self._vector_dropout)
