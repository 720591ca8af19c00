"""Times the steps of a run, and says which one has begun."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Say = Callable[[str], None]


@dataclass
class Clock:
    """Seconds of each step, for the run's row; and a line for whoever watches."""

    say: Say
    durations_s: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step."""
        self.say(f"{name} …")
        start = time.perf_counter()
        yield
        self.durations_s[name] = round(time.perf_counter() - start, 3)
