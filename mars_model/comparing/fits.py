"""What a contender's fit gave, and the trial whose lists are tested without another fit."""

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.comparing.peak_memory import watch_peak
from mars_model.evaluation.comparison import Contender


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
