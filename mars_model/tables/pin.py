"""What every table of a night is: its id, its version, what its rows were made from. Taken once.

A version alone does not say which table it is a version of: a folder that was deleted and imported
again starts again at version 0.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from pyspark.sql.types import StructType

from mars_model.errors import InputDataError
from mars_model.tables.contracts import IdTypes

# Commits that change how rows are stored, or what is said of them, and no row.
_ROWS_STAY = frozenset(
    {
        "OPTIMIZE",
        "VACUUM START",
        "VACUUM END",
        "SET TBLPROPERTIES",
        "UNSET TBLPROPERTIES",
        "ADD CONSTRAINT",
        "DROP CONSTRAINT",
        "ADD FEATURE",
        "DROP FEATURE",
        "UPGRADE PROTOCOL",
        "COMPUTE STATS",
        "CHANGE COLUMN",
        "REORG",
        "CLUSTER BY",
        "FSCK",
    }
)


class Commit(NamedTuple):
    """A commit of a table's log; `note` says what its rows were made from, where it says so."""

    version: int
    operation: str
    note: dict[str, Any] | None
    restored: int | None = None  # the version whose rows it brought back

    @classmethod
    def of(
        cls,
        version: int,
        operation: str | None,
        metadata: str | None,
        parameters: Mapping[str, Any] | None = None,
    ) -> "Commit":
        """An entry of a log; a note of other software is none of ours."""
        try:
            note = json.loads(metadata) if metadata else None
        except ValueError:
            note = None
        restored = (parameters or {}).get("version") if operation == "RESTORE" else None
        return cls(
            int(version),
            operation or "",
            note if isinstance(note, dict) else None,
            None if restored is None else int(restored),
        )

    @property
    def makes_rows(self) -> bool:
        """Whether the table's rows may be others after it."""
        return self.operation not in _ROWS_STAY


@dataclass(frozen=True)
class TablePin:
    """One table: `version` is what is read, `rows_version` the newest commit that made rows."""

    table_id: str
    version: int
    rows_version: int
    note: dict[str, Any] | None  # of the commit that made the rows
    schema: StructType

    @classmethod
    def of(
        cls, table_id: str, version: int, commits: Sequence[Commit], schema: StructType
    ) -> "TablePin":
        """From the log's commits up to a version, newest first.

        Where none is left that made rows, the oldest counts: it is not known what they were.
        """
        made = next((c for c in commits if c.makes_rows), None)
        if made is None:
            made = commits[-1] if commits else Commit(version, "", None)
        return cls(table_id, version, made.version, made.note, schema)

    @property
    def identity(self) -> list[Any]:
        """Equal for equal rows of the same table, as JSON keeps it."""
        return [self.table_id, self.rows_version]


@dataclass(frozen=True)
class Pin:
    """All tables of a warehouse as they were at one moment, by name; missing ones are left out."""

    tables: Mapping[str, TablePin]

    def __contains__(self, table: str) -> bool:
        return table in self.tables

    def __getitem__(self, table: str) -> TablePin:
        """Raises InputDataError where the table was not there."""
        if table not in self.tables:
            raise InputDataError(f"table {table}: it was not there when this run began")
        return self.tables[table]

    def identities(self, *tables: str) -> dict[str, list[Any]]:
        """Of those of the tables that are there."""
        return {table: self.tables[table].identity for table in tables if table in self.tables}

    def versions(self, *tables: str) -> dict[str, int]:
        """Of those of the tables that are there."""
        return {table: self.tables[table].version for table in tables if table in self.tables}

    def id_types(self) -> IdTypes:
        """How items and users are identified, as the source tables have it."""
        item = self["items"].schema["item_id"].dataType.simpleString()
        return IdTypes(item, self["interactions"].schema["user_id"].dataType.simpleString())

    def with_table(self, table: str, pinned: TablePin) -> "Pin":
        """The same with one table as it is now, after this run has written it."""
        return replace(self, tables={**self.tables, table: pinned})
