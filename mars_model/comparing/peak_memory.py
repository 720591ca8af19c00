"""The highest memory of this process while something runs."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_PROCESS = Path("/proc/self")


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
