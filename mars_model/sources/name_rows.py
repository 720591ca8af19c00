"""A file's rows with our names for their columns, and the rows as they came beside them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from mars_model.sources.column_names import Columns, match_columns
from mars_model.sources.text_tables import CORRUPT, WHY
from mars_model.tables.sql_names import column

RAW = "_raw"  # a row with all of its columns by their own names


@dataclass(frozen=True)
class Read:
    """A source as it was read.

    `rows` has its columns by place, `c0`, `c1`, …, which its `names` belong to, so that no name of
    theirs has a meaning in Spark; and CORRUPT and WHY where lines may be broken.
    """

    source: str
    rows: DataFrame
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    n_bytes: int | None = 0  # of the files; None where it is not known

    @classmethod
    def of(cls, source: str, rows: DataFrame, n_bytes: int | None = 0) -> "Read":
        """Rows that are there with names of their own."""
        of_lines = [name for name in (CORRUPT, WHY) if name in rows.columns]
        names = [name for name in rows.columns if name not in of_lines]
        ordered = rows.select(*[column(name) for name in [*names, *of_lines]])
        placed = ordered.toDF(*[f"c{place}" for place in range(len(names))], *of_lines)
        return cls(source, placed, tuple(names), n_bytes=n_bytes)


@dataclass(frozen=True)
class Named:
    """Rows with our names, `_raw`, and CORRUPT and WHY where lines may be broken."""

    source: str
    rows: DataFrame
    columns: Columns
    notes: tuple[str, ...] = ()
    n_bytes: int | None = 0  # of the files; None where it is not known

    def column_or_null(self, name: str) -> Column:
        """A column where it is there."""
        return column(name) if name in self.rows.columns else F.lit(None).cast("string")

    def with_rows(self, rows: DataFrame) -> "Named":
        """The same with other rows."""
        return replace(self, rows=rows)


def name_rows(
    read: Read,
    ours: Sequence[str],
    renamed: Mapping[str, str],
    required: Collection[str],
    setting: str,
) -> Named:
    """Rows with `ours`, as far as theirs have them. Raises InputDataError as match_columns does."""
    columns, at = match_columns(read.names, ours, renamed, required, read.source, setting)
    of_lines = [column(name) for name in (CORRUPT, WHY) if name in read.rows.columns]
    theirs = [F.col(f"c{place}").alias(name) for place, name in enumerate(read.names)]
    raw = F.struct(*theirs) if theirs else F.struct(F.lit(None).alias("nothing"))
    rows = read.rows.select(
        *[F.col(f"c{place}").alias(name) for name, place in at.items()], raw.alias(RAW), *of_lines
    )
    return Named(read.source, rows, columns, read.notes, read.n_bytes)
