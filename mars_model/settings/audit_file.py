"""The gates of conf/audit.yaml: their names, limits, and what each protects."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from mars_model.resources import resource_folder, sql_files
from mars_model.settings.written import read_yaml, settled

AUDIT_FILE = "audit.yaml"


@dataclass(frozen=True)
class Gate:
    """What a night must pass; without a limit its value is only recorded."""

    name: str
    bound: Literal["min", "max"]
    limit: float | None
    protects: str
    is_check: bool  # one of sql/checks: proves rows wrong, so no setting opens it

    @property
    def setting(self) -> str:
        """The name of its limit in the branch `audit`."""
        return f"{self.bound}_{self.name}"

    def is_beyond(self, value: float, limit: float) -> bool:
        """Whether a value does not pass."""
        return value < limit if self.bound == "min" else value > limit


@cache
def audit_gates() -> dict[str, Gate]:
    """All gates by name, in the order of the file."""
    path = resource_folder("conf") / AUDIT_FILE
    listed: dict[str, dict[str, Any]] = settled(read_yaml(path.read_text(encoding="utf-8")), Any)
    checks = {
        file.stem for kind in ("users", "rows", "items") for file in sql_files(f"checks/{kind}")
    }
    gates = {}
    for name, facts in listed.items():
        bound: Literal["min", "max"] = "min" if "min" in facts else "max"
        gates[name] = Gate(name, bound, facts[bound], facts["protects"], name in checks)
    return gates


def limit_of(setting: str) -> float | None:
    """The limit that the file gives a setting of the branch `audit`."""
    return next(gate.limit for gate in audit_gates().values() if gate.setting == setting)
