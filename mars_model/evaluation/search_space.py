"""What a search may try, as data: settings by name, and the values of each."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Value = int | float | str | bool | tuple[int, ...]

_EDGE = 0.02  # of a range's length, on the logarithm's scale where it is searched on that


@dataclass(frozen=True)
class Choice:
    """One of a few values."""

    values: tuple[Any, ...]

    @property
    def draws(self) -> tuple[Any, ...]:
        """What a search draws in their place: it takes no tuples."""
        return tuple(str(value) if isinstance(value, tuple) else value for value in self.values)

    def setting(self, drawn: Any) -> Any:
        """The value of the setting that a draw stands for."""
        return self.values[self.draws.index(drawn)]

    def draw_of(self, setting: Any) -> Any:
        """The draw that stands for a value, None where there is none."""
        return self.draws[self.values.index(setting)] if setting in self.values else None

    @property
    def ends(self) -> tuple[Any, Any]:
        """The smallest and the largest value."""
        return min(self.values), max(self.values)

    def is_at_edge(self, setting: Any) -> bool:
        """Whether a value is the smallest or the largest of three numbers or more."""
        are_numbers = all(type(value) in (int, float) for value in self.values)
        return are_numbers and len(self.values) > 2 and setting in self.ends


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; whole ones where both are whole.

    A draw below `zero_below`, where that is above 0, stands for 0.
    """

    low: int | float
    high: int | float
    is_log: bool = False
    zero_below: float = 0.0

    @property
    def ends(self) -> tuple[int | float, int | float]:
        """The smallest and the largest number."""
        return self.low, self.high

    @property
    def is_whole(self) -> bool:
        """Whether its numbers are whole."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def setting(self, drawn: int | float) -> int | float:
        """The value of the setting that a draw stands for: three digits are enough."""
        if self.is_whole:
            return int(drawn)
        is_zero = self.zero_below > 0 and drawn < self.zero_below
        return 0.0 if is_zero else float(f"{drawn:.3g}")

    def draw_of(self, setting: Any) -> int | float | None:
        """The draw that stands for a number, None where there is none."""
        drawn: int | float = self.low if setting == 0 and self.zero_below else setting
        return drawn if self.low <= drawn <= self.high else None

    def is_at_edge(self, setting: Any) -> bool:
        """Whether a number lies within 2 % of the range's length from an end.

        An end that is 0, or stands for it, is none: a smaller number would mean nothing.
        """
        place = math.log if self.is_log else float
        if setting == 0:
            return False
        low, value, high = place(self.low), place(setting), place(self.high)
        is_low = value - low <= _EDGE * (high - low) and self.low != 0 and not self.zero_below
        return is_low or high - value <= _EDGE * (high - low)


Space = Mapping[str, Choice | Range]


def at_edge(space: Space, values: Mapping[str, Any]) -> tuple[str, ...]:
    """The settings whose value lies at an edge of what was searched: there may be better ones.

    >>> at_edge({"penalty": Range(1.0, 100.0, is_log=True)}, {"penalty": 99.0})
    ('penalty 99 (searched from 1 to 100)',)
    """
    found = []
    for name, searched in space.items():
        if name in values and searched.is_at_edge(values[name]):
            low, high = searched.ends
            found.append(f"{name} {values[name]:g} (searched from {low:g} to {high:g})")
    return tuple(found)
