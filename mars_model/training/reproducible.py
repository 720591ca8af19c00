"""Holds torch to one result: the same seed and threads give the same weights, bit for bit."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def reproducible(seed: int, n_threads: int) -> Iterator[None]:
    """Fix torch's seed and threads, and allow only algorithms that give the same bits every time.

    The same machine is assumed: processors differ in the order in which they add. The seed and
    the number of threads stay as set; the choice of algorithms is put back at the end.
    """
    was_deterministic = torch.are_deterministic_algorithms_enabled()
    memory = torch.utils.deterministic
    was_filling = memory.fill_uninitialized_memory  # type: ignore[attr-defined]
    torch.manual_seed(seed)
    # The number of threads decides in which order partial sums are added.
    torch.set_num_threads(n_threads)
    torch.use_deterministic_algorithms(True)
    # Filling fresh memory only serves code that reads it unwritten, and costs a third of a step.
    memory.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(was_deterministic)
        memory.fill_uninitialized_memory = was_filling  # type: ignore[attr-defined]
