"""Reads ids: cleaned, whole numbers of 64 bits where all are, else text."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql import types as T

from mars_model.sources.clean_columns import clean_id_column, holds_control
from mars_model.sources.readings import Reading, as_text
from mars_model.tables.sql_names import column

# Leading zeros belong to an id: 007 and 7 may be two items. 1.0 is a 1 that pandas wrote.
_WHOLE = r"\A(0|-?[1-9][0-9]*)(\.0+)?\z"
_UUID_BYTES = 16
HOLDS_CONTROL = "holds a line break or another control character"
_SURE_DIGITS = 18  # so many always fit into 64 bits


@dataclass(frozen=True)
class IdColumn:
    """What the ids of a column are, taken together."""

    is_whole: bool  # every one is a whole number
    fits_bigint: bool  # and none needs more than 64 bits
    has_points: bool  # some are written as 1.0
    has_controls: bool  # some hold a line break or the like

    @classmethod
    def of(cls, counts: Row, name: str) -> "IdColumn":
        """From the values of `id_counts`."""
        found = (counts[f"{name}_{what}"] for what in ("other", "beyond", "points", "controls"))
        n_other, n_beyond, n_points, n_controls = found
        return cls(not n_other, not n_beyond, n_points > 0, n_controls > 0)

    @property
    def natural_type(self) -> str:
        """The type that loses no id."""
        return "bigint" if self.is_whole and self.fits_bigint else "string"


def id_text(rows: DataFrame, name: str) -> Column:
    """The ids of a column as cleaned text, null where there is none."""
    if isinstance(rows.schema[name].dataType, T.BinaryType):
        return _text_of_bytes(rows, name)
    return clean_id_column(as_text(rows, name))


def id_look(name: str) -> dict[str, Column]:
    """What `id_counts` counts, of each cleaned id."""
    return {f"_{name}_is_whole": column(name).rlike(_WHOLE)}


def id_counts(name: str) -> list[Column]:
    """Aggregates of cleaned ids beside their `id_look`, for `IdColumn.of`."""
    given, is_whole = column(name), column(f"_{name}_is_whole")
    is_beyond = is_whole & (F.length(given) > _SURE_DIGITS)
    return [
        F.count_if(~is_whole).alias(f"{name}_other"),  # null for null
        F.count_if(is_beyond & _digits(given).try_cast("bigint").isNull()).alias(f"{name}_beyond"),
        F.count_if(is_whole & given.contains(".")).alias(f"{name}_points"),
        F.count_if(~is_whole & holds_control(given)).alias(f"{name}_controls"),
    ]


def read_ids(name: str, ids: IdColumn, kept_as: str) -> Reading:
    """Cleaned ids as the table keeps them: `bigint` or `string`."""
    given = column(name)
    problem = F.lit(None).cast("string")
    if ids.has_controls:
        problem = F.when(holds_control(given), F.lit(HOLDS_CONTROL))
    value = _digits(given) if ids.is_whole and ids.has_points else given
    if kept_as == "bigint":
        number = _digits(given).try_cast("bigint") if ids.has_points else given.try_cast("bigint")
        value = number if ids.is_whole else F.when(given.rlike(_WHOLE), number)
        wrong = F.lit("is no whole number of 64 bits, as the ids in the table are")
        problem = F.coalesce(problem, F.when(given.isNotNull() & value.isNull(), wrong))
    return Reading(value, problem)


def _text_of_bytes(rows: DataFrame, name: str) -> Column:
    """Bytes that are all UTF-8 are text without its annotation; sixteen bytes are a UUID."""
    found = column(name)
    counts = rows.agg(F.count_if(~F.is_valid_utf8(found) | holds_control(found.cast("string"))))
    if not counts.first()[0]:  # type: ignore[index]
        return clean_id_column(found.cast("string"))
    digits = F.lower(F.hex(found))
    places = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    parts = [F.substring(digits, start, length) for start, length in places]
    return F.when(F.length(found) == _UUID_BYTES, F.concat_ws("-", *parts)).otherwise(digits)


def _digits(whole: Column) -> Column:
    return F.regexp_replace(whole, r"\.0+\z", "")
