"""What a part found: rows for JSON, the same as a table for people."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from night.timing import Spread

Cell = str | int | float | Spread | None


@dataclass(frozen=True)
class Table:
    """Rows with the same columns or some of them; `notes` say what the reader must know."""

    part: str
    title: str
    rows: Sequence[dict[str, Cell]]
    notes: Sequence[str] = ()

    def text(self) -> str:
        """Title, aligned columns, notes."""
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        cells = [columns, *([_show(row.get(name)) for name in columns] for row in self.rows)]
        widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
        numbers = [_is_number(self.rows, name) for name in columns]
        lines = [
            "  ".join(
                cell.rjust(width) if is_number else cell.ljust(width)
                for cell, width, is_number in zip(line, widths, numbers, strict=True)
            ).rstrip()
            for line in cells
        ]
        notes = [f"- {note}" for note in self.notes]
        return "\n".join([f"({self.part}) {self.title}", *lines, *notes])

    def data(self) -> dict[str, Any]:
        """The same for JSON; a spread becomes its three numbers."""
        rows = [
            {k: asdict(v) if isinstance(v, Spread) else v for k, v in row.items()}
            for row in self.rows
        ]
        return {"part": self.part, "title": self.title, "rows": rows, "notes": list(self.notes)}


def write_json(path: Path, facts: dict[str, Any], tables: Sequence[Table]) -> None:
    """Write machine, versions and all tables to one file."""
    content = {**facts, "parts": [table.data() for table in tables]}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _show(cell: Cell) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:.3g}" if abs(cell) < 100 else f"{cell:,.0f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _is_number(rows: Sequence[dict[str, Cell]], column: str) -> bool:
    return all(not isinstance(row.get(column), str) for row in rows)
