"""One training in several processes: each takes its share of every batch, all take the same step.

All draw the same batches from the same seed. The loss of a share counts by its part of the
batch's likes, so the sum of all gradients is that of the whole batch, but for rounding.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed

from mars_model.errors import MarsBatchError
from mars_model.training.network import MarsNetwork


@dataclass(frozen=True)
class Processes:
    """Which of `n` processes this one is, from 0. The first one validates and writes."""

    rank: int = 0
    n: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process validates and writes."""
        return self.rank == 0

    def add_up(self, network: MarsNetwork, loss: float, n_skipped: int) -> tuple[float, int]:
        """Add up the gradients of all processes, in place; return the sums of the two numbers."""
        if self.n == 1:
            return loss, n_skipped
        weights = list(network.parameters())
        for weight in weights:
            if weight.grad is None:
                weight.grad = torch.zeros_like(weight)
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        together = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(together)
        parts = torch.split(together, [gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))
        numbers = torch.tensor([loss, n_skipped], dtype=torch.float64)
        distributed.all_reduce(numbers)
        return float(numbers[0]), int(numbers[1])

    def from_first(self, measure: Callable[[], float]) -> float:
        """Return what the first process measures, the only one that does, in all of them."""
        if self.n == 1:
            return measure()
        number = torch.tensor([measure() if self.is_first else 0.0], dtype=torch.float64)
        distributed.broadcast(number, src=0)
        return float(number)

    def check_same_epoch(self, n_epochs: int) -> None:
        """Raise MarsBatchError, in all of them, where they found different checkpoints."""
        if self.n == 1:
            return
        found = torch.zeros(self.n, dtype=torch.int64)
        found[self.rank] = n_epochs
        distributed.all_reduce(found)
        if len(set(found.tolist())) > 1:
            raise MarsBatchError(
                f"training in {self.n} processes: found {found.tolist()} finished epochs in their "
                "checkpoints, expected the same number in all. Put the models' folder "
                "(warehouse.models) on a disk that all machines share"
            )


ALONE = Processes()


@contextmanager
def join_processes() -> Iterator[Processes]:
    """Meet the other processes where torchrun's variables say, by gloo; leave them at the end."""
    distributed.init_process_group("gloo")
    try:
        yield Processes(distributed.get_rank(), distributed.get_world_size())
    finally:
        distributed.destroy_process_group()
