"""Paired rounds: what is compared runs in turn, and only ratios of the same round count."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Rounds:
    """How often each side runs, after so many times that are not counted."""

    n: int
    n_warm: int = 1


@dataclass(frozen=True)
class Spread:
    """Median, least and most of some measurements."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """The spread of at least one value."""
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{self.median:.3g} ({self.least:.3g} to {self.most:.3g})"


def paired_rounds(
    sides: Mapping[str, Callable[[], float]], rounds: Rounds
) -> dict[str, list[float]]:
    """Seconds of each side in each round, as the side itself returns them.

    Who goes first changes from round
    to round, so that no side always finds the warmer machine.
    """
    for _ in range(rounds.n_warm):
        for run in sides.values():
            run()
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    names = list(sides)
    for number in range(rounds.n):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            seconds[name].append(sides[name]())
    return seconds


def ratios(over: list[float], under: list[float]) -> Spread:
    """Round by round, one side's seconds over the other's."""
    return Spread.of([a / b for a, b in zip(over, under, strict=True)])


def timed(work: Callable[[], object]) -> float:
    """Seconds of a call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
