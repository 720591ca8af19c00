"""What a contender's fit gave, and the trial whose lists are tested without another fit."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.comparison import Contender

_PROCESS = Path("/proc/self")


@dataclass(frozen=True)
class Fit:
    """Lists of item_idx [U, k] of a contender fitted for a seed, and what they took."""

    contender: Contender
    seed: int
    ranked: NDArray[np.int64]
    seconds: float
    peak_mb: float | None


def fit_contender(contender: Contender, seed: int) -> Fit:
    """Fit and rank."""
    start = time.perf_counter()
    with watch_peak() as peak:
        ranked = contender.rank(seed)
    return Fit(contender, seed, ranked, time.perf_counter() - start, peak.mb)


@dataclass
class Peak:
    """`mb` is resident memory in MiB, set at the end; None where the system does not tell."""

    mb: float | None = None


@contextmanager
def watch_peak() -> Iterator[Peak]:
    """Watch this process alone: neither Spark's JVM nor its workers are in the figure."""
    peak = Peak()
    is_reset = False
    with suppress(OSError):
        (_PROCESS / "clear_refs").write_text("5")  # Linux: the peak starts from now
        is_reset = True
    yield peak
    if is_reset:
        lines = (_PROCESS / "status").read_text().splitlines()
        peak.mb = next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


@dataclass
class BestTrial:
    """The best trial of the model that was tried last; of one model only, as lists are large."""

    fit: Fit | None = None
    value: float = -math.inf

    def offer(self, fit: Fit, value: float) -> None:
        """Take a trial that is better, or another model's; of equal ones the earlier stays."""
        is_other = self.fit is None or self.fit.contender.name != fit.contender.name
        if is_other or value > self.value:
            self.fit, self.value = fit, value

    def fit_of(self, contender: Contender, seed: int) -> Fit | None:
        """The fit that this contender's for this seed would repeat."""
        if self.fit is None:
            return None
        known = self.fit.contender
        is_it = (known.name, known.settings, self.fit.seed) == (
            contender.name,
            contender.settings,
            seed,
        )
        return self.fit if is_it else None
