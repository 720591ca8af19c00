"""What a search may try, as data: settings by name, and the values of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Value = int | float | str | bool | tuple[int, ...]


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


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; whole ones where both are whole.

    A draw below `zero_below` stands for 0.
    """

    low: int | float
    high: int | float
    is_log: bool = False
    zero_below: float = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether its numbers are whole."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def setting(self, drawn: int | float) -> int | float:
        """The value of the setting that a draw stands for: three digits are enough."""
        if self.is_whole:
            return int(drawn)
        return 0.0 if drawn < self.zero_below else float(f"{drawn:.3g}")

    def draw_of(self, setting: Any) -> int | float | None:
        """The draw that stands for a number, None where there is none."""
        drawn: int | float = self.low if setting == 0 and self.zero_below else setting
        return drawn if self.low <= drawn <= self.high else None


Space = Mapping[str, Choice | Range]
