"""Why two runs differ, as far as their records say."""

import json
from dataclasses import dataclass
from typing import Any

from mars_model.night.runs import Run

# What a user of the lists calls what comes from each table.
_WHAT = {
    "interactions": "histories",
    "items": "catalogue",
    "excluded_items": "exclusions",
    "user_segments": "segments",
    "segment_items": "segments",
}


@dataclass(frozen=True)
class Cause:
    """What is another one, and how."""

    what: str  # run date, model, histories, catalogue, exclusions, segments, settings, software
    how: str


def causes_of(first: Run, second: Run) -> list[Cause]:
    """All that differs between the records of two runs and shapes their rows."""
    causes = []
    if first.run_date != second.run_date:
        causes.append(Cause("run date", f"{first.run_date} → {second.run_date}"))
    if first.model_version != second.model_version:
        causes.append(Cause("model", f"{first.model_version} → {second.model_version}"))
    silent = [run.run_id for run in (first, second) if not run.input_tables or run.settings is None]
    if silent:
        how = f"the record of {' and '.join(silent)} is of an earlier release and does not say"
        return [*causes, Cause("inputs and settings", how)]
    return [*causes, *_of_inputs(first, second), *_of_settings(first, second)]


def _of_inputs(first: Run, second: Run) -> list[Cause]:
    before, after = first.input_identities(), second.input_identities()
    causes = []
    for table, what in _WHAT.items():
        if before.get(table) == after.get(table):
            continue
        if table not in before or table not in after:
            how = f"{table} {'is not there' if table in before else 'is new'}"
        elif before[table][0] != after[table][0]:
            how = f"{table} was deleted and made anew"
        else:
            versions = (run.input_versions[table] for run in (first, second))
            how = f"{table} version {' → '.join(map(str, versions))}"
        causes.append(Cause(what, how))
    return causes


def _of_settings(first: Run, second: Run) -> list[Cause]:
    before, after = (_flat(json.loads(run.settings or "{}")) for run in (first, second))
    causes = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old != new:
            what = "software" if name == "lists" else "settings"
            causes.append(Cause(what, f"{name}: {_shown(old)} → {_shown(new)}"))
    return causes


def _flat(tree: Any, prefix: str = "") -> dict[str, Any]:
    """A tree of settings by their dotted names."""
    if not isinstance(tree, dict):
        return {prefix: tree}
    flat: dict[str, Any] = {}
    for name, branch in tree.items():
        flat |= _flat(branch, f"{prefix}.{name}" if prefix else name)
    return flat


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)
