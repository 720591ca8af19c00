"""A training between two epochs: all that the next epoch starts from.

An epoch's randomness depends on the seed and its number alone (epoch.py), so weights, the
optimiser's moments and the epochs' records are the whole of it.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy

import torch
from torch import Tensor

from mars_model.training.derived_settings import SettledTraining
from mars_model.training.epoch_records import NO_EPOCH, EpochRecord
from mars_model.training.network import MarsNetwork
from mars_model.training.optimizer import AveragedWeights, DecayingOptimizer

_PARTS = ("network", "best", "optimizer", "average")


class TrainingState:
    """The network, its optimiser and running average, the best weights so far, the records."""

    def __init__(self, network: MarsNetwork, settings: SettledTraining, n_steps: int = 1) -> None:
        """Start before the first epoch, of `n_steps` each; the network is trained in place."""
        self.network = network
        self.optimizer = DecayingOptimizer(network, settings)
        self.average = AveragedWeights(network, settings.weight_averaging)
        self.records: list[EpochRecord] = []
        self.best_weights: Mapping[str, Tensor] = deepcopy(network.state_dict())
        self._settings = settings
        self._n_steps = n_steps

    @property
    def best(self) -> EpochRecord:
        """The first of the epochs with the highest validation metric."""
        return max([NO_EPOCH, *self.records], key=lambda record: record.validation)

    @property
    def is_finished(self) -> bool:
        """Whether there is no epoch left, or none was better for as long as patience lasts."""
        n_epochs, settings = len(self.records), self._settings
        n_waited = n_epochs - self.best.epoch
        has_waited = (
            n_waited >= settings.patience and n_waited * self._n_steps >= settings.patience_steps
        )
        return has_waited or n_epochs >= settings.max_epochs

    def is_finite(self) -> bool:
        """Whether every weight is a number."""
        return all(bool(torch.isfinite(weight).all()) for weight in self.network.parameters())

    def finish_epoch(self, record: EpochRecord) -> None:
        """Record an epoch, and keep its weights where it is the best."""
        if record.validation > self.best.validation:
            self.best_weights = deepcopy(self.average.network.state_dict())
        self.records.append(record)

    def tensors(self) -> dict[str, Tensor]:
        """Return all tensors by name, as `restore` takes them back."""
        parts = (
            self.network.state_dict(),
            self.best_weights,
            self.optimizer.tensors(),
            self.average.tensors(),
        )
        return {
            f"{part}/{name}": tensor
            for part, tensors in zip(_PARTS, parts, strict=True)
            for name, tensor in tensors.items()
        }

    def takes(self, tensors: Mapping[str, Tensor]) -> bool:
        """Whether `restore` can take them: the names and shapes are those of this training."""
        weights = {name: value.shape for name, value in self.network.state_dict().items()}
        fixed = {f"{part}/{name}": shape for part in _PARTS[:2] for name, shape in weights.items()}
        fixed |= {f"average/{name}": value.shape for name, value in self.average.tensors().items()}
        found = {name: value.shape for name, value in tensors.items()}
        others = {name: shape for name, shape in found.items() if name not in fixed}
        of_steps = {name.removeprefix("optimizer/"): shape for name, shape in others.items()}
        return {**fixed, **others} == found and self.optimizer.takes(of_steps)

    def restore(self, tensors: Mapping[str, Tensor], records: Sequence[EpochRecord]) -> None:
        """Go back to a state of the same training, as it was saved."""
        parts: dict[str, dict[str, Tensor]] = {part: {} for part in _PARTS}
        for path, tensor in tensors.items():
            part, name = path.split("/", 1)
            parts[part][name] = tensor
        self.network.load_state_dict(parts["network"])
        self.best_weights = parts["best"]
        self.optimizer.restore(parts["optimizer"])
        self.average.restore(parts["average"])
        self.records = list(records)
