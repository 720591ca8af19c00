"""What a soak has counted; report.py prints it at the end."""

from collections import Counter
from typing import Any

counts: Counter[str] = Counter()
longest_stop_s: dict[str, float] = {}
more_scorings: dict[str, int] = {}


def raced(n_commands: int) -> None:
    """Commands were started together, each of them with each other."""
    counts["races"] += 1
    counts["pairs"] += n_commands * (n_commands - 1) // 2


def stopped(how: str, took_s: float) -> None:
    """A clean stop: the longest of its kind is kept."""
    counts["clean stops"] += 1
    longest_stop_s[how] = max(took_s, longest_stop_s.get(how, 0.0))


def as_facts() -> dict[str, Any]:
    """All of it, for another process."""
    return {"counts": dict(counts), "stops": longest_stop_s, "scorings": more_scorings}


def add(facts: dict[str, Any]) -> None:
    """What another process has counted."""
    counts.update(facts.get("counts", {}))
    more_scorings.update(facts.get("scorings", {}))
    for how, took_s in facts.get("stops", {}).items():
        longest_stop_s[how] = max(took_s, longest_stop_s.get(how, 0.0))


def lines() -> list[str]:
    """The figures, a line each."""
    found = [
        f"kills survived: {counts['kills']} ({counts['kills at boundaries']} at boundaries, "
        f"{counts['kills at random']} at random moments, {counts['workers killed']} of workers)",
        f"pairs raced: {counts['pairs']}, in {counts['races']} races of two to four commands "
        f"({counts['losers']} losers, each with a sentence); {counts['interleavings']} pairs more "
        "at their worst interleaving",
        f"mutations tried: {counts['mutations']}",
        f"looks at the published table meanwhile: {counts['looks']}, of them {counts['reads']} "
        "that found a file changed and read it whole",
        f"rows lost or doubled: {counts['rows lost or doubled']}",
    ]
    if longest_stop_s:
        how = max(longest_stop_s, key=lambda one: longest_stop_s[one])
        found.append(
            f"longest wait for a clean stop: {longest_stop_s[how]:.1f} s ({how}), of "
            f"{counts['clean stops']} stops"
        )
    if more_scorings:
        most = max(more_scorings.values())
        at = [name for name, n in more_scorings.items() if n == most]
        found.append(
            f"scorings more than one, a night killed at a boundary and started again: at most "
            f"{most} ({len(at)} of {len(more_scorings)} boundaries)"
        )
    return found
