"""How a column is read: as values of ours, with what is wrong where one cannot be."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from mars_model.tables.sql_names import column


@dataclass(frozen=True)
class Reading:
    """A column's values, and why a value is none: null where it is one, or nothing was given."""

    value: Column
    problem: Column
    announced: str | None = None  # how all values were read, where there was a choice


def as_text(rows: DataFrame, name: str) -> Column:
    """A column's values as text, null where it is missing; numbers with all their digits."""
    if name not in rows.columns:
        return F.lit(None).cast("string")
    found, kind = column(name), rows.schema[name].dataType
    if isinstance(kind, T.FloatType | T.DoubleType):
        # pandas turns whole numbers into floats where one is missing: NaN, and 1.0E10 for ten
        # digits. Floats beyond 2^53 have lost digits, and stay what cannot be an id.
        is_whole = (found == F.floor(found)) & (F.abs(found) <= float(1 << 53))
        whole = found.cast("decimal(38,0)").cast("string")
        return F.when(~F.isnan(found), F.when(is_whole, whole).otherwise(found.cast("string")))
    if isinstance(kind, T.ArrayType) and isinstance(kind.elementType, T.StringType):
        return F.concat_ws(" ", found)
    if isinstance(kind, T.ArrayType | T.StructType | T.MapType):
        return F.to_json(found)
    return found.cast("string")


def text(rows: DataFrame, name: str) -> Reading:
    """Text without the blanks around it; no value is wrong."""
    return Reading(F.nullif(F.trim(as_text(rows, name)), F.lit("")), F.lit(None).cast("string"))


def number(rows: DataFrame, name: str) -> Reading:
    """A finite number."""
    given = F.nullif(F.trim(as_text(rows, name)), F.lit(""))
    found = given.try_cast("double")
    finite = F.when(~F.isnan(found) & (F.abs(found) < float("inf")), found)
    return Reading(
        finite, F.when(given.isNotNull() & finite.isNull(), F.lit("is no finite number"))
    )
