"""What a trial of a search gave: its record, its line on the screen, its row in trials.csv."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FACTS = ("trial", "state", "validation_map@500", "best_epoch", "n_epochs", "seconds")


@dataclass(frozen=True)
class TrialRecord:
    """One trial, `number` from 1: what it tried, and what its best epoch was worth.

    `state` is complete, pruned (stopped before its end) or failed (interrupted; it does not count
    and is tried again). `value` is None where no epoch was finished.
    """

    number: int
    state: str
    value: float | None
    best_epoch: int
    n_epochs: int
    seconds: float
    values: dict[str, Any]
    note: str


def trial_line(
    record: TrialRecord, best: TrialRecord | None, n_finished: int, n_trials: int
) -> str:
    """What is said when a trial has ended."""
    value = "no epoch" if record.value is None else f"validation MAP@500 {record.value:.4f}"
    at = f" at epoch {record.best_epoch} of {record.n_epochs}" if record.n_epochs else ""
    so_far = f"; best so far {best.value:.4f}, trial {best.number}" if best else ""
    pruned = ", pruned" if record.state == "pruned" else ""
    return (
        f"trial {record.number} ({n_finished} of {n_trials}): {value}{at}{pruned}, "
        f"{record.seconds:.0f} s{so_far}"
    )


def write_trials(path: Path, records: Sequence[TrialRecord], names: Sequence[str]) -> None:
    """All trials by number, a column for each setting of `names`; empty where it was not tried."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*_FACTS, *names, "note"])
        writer.writerows(
            [
                r.number,
                r.state,
                "" if r.value is None else r.value,
                r.best_epoch,
                r.n_epochs,
                f"{r.seconds:.1f}",
                *(r.values.get(name, "") for name in names),
                r.note,
            ]
            for r in records
        )
