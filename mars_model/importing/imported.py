"""What became of a file, in counts."""

from dataclasses import dataclass, field
from typing import Any

from mars_model.sources.column_names import Columns


@dataclass(frozen=True)
class Rejected:
    """Rows that break the contract for one reason, and one of them."""

    n: int
    example: str


@dataclass(frozen=True)
class Changes:
    """What rows did to a table, in rows."""

    n_new: int
    n_changed: int
    n_same: int
    n_removed: int = 0


@dataclass(frozen=True)
class Unknown:
    """Items of interactions that `items` does not know."""

    n_items: int
    n_events: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Imported:
    """What became of one file."""

    source: str
    table: str
    columns: Columns
    read_as: dict[str, str]  # column → how its values were read, where there was a choice
    notes: tuple[str, ...]  # on the file as a whole, such as its separator
    n_good: int
    rejected: dict[str, Rejected]  # by reason
    changes: Changes | None  # None: a dry run, or the file took the place of all before
    n_not_in_file: int | None = None  # items of the table that the file does not name
    unknown: Unknown | None = None
    first_rows: list[dict[str, Any]] = field(default_factory=list)  # of a dry run

    @property
    def n_rejected(self) -> int:
        """Rows that break the contract."""
        return sum(rejected.n for rejected in self.rejected.values())
