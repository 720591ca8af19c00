"""Holds torch to one result: the same threads and algorithms give the same bits every time."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from mars_model.errors import SettingsError


def pick_device(wanted: str) -> torch.device:
    """Return where to train: `auto` takes a GPU where there is one.

    Raises SettingsError where `cuda` is wanted and missing.
    """
    has_gpu = torch.cuda.is_available()
    if wanted == "cuda" and not has_gpu:
        raise SettingsError(
            "training.device is 'cuda', but torch finds no GPU here. Set it to auto or cpu, or "
            "install a CUDA build of torch and its driver."
        )
    return torch.device("cuda" if has_gpu and wanted != "cpu" else "cpu")


@contextmanager
def reproducible(n_threads: int, is_exact: bool = True) -> Iterator[None]:
    """Fix torch's threads, and allow only algorithms that give the same bits every time.

    `is_exact` False allows the others too: on a GPU, sums of rows have none. The same machine is
    assumed: processors differ in the order in which they add. The number of threads stays as
    set; the choice of algorithms is put back at the end.
    """
    was_deterministic = torch.are_deterministic_algorithms_enabled()
    memory = torch.utils.deterministic
    was_filling = memory.fill_uninitialized_memory  # type: ignore[attr-defined]
    # The number of threads decides in which order partial sums are added.
    torch.set_num_threads(n_threads)
    torch.use_deterministic_algorithms(is_exact)
    # Filling fresh memory only serves code that reads it unwritten, and costs a third of a step.
    memory.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(was_deterministic)
        memory.fill_uninitialized_memory = was_filling  # type: ignore[attr-defined]
