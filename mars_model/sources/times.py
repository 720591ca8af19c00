"""Reads times: one rule for all values of a column, chosen by what they look like, and announced.

- 2026-01-31, 2026-01-31 10:00:00, 2026-01-31T10:00:00Z: ISO 8601, UTC where no zone is said;
- 8 digits that begin with 19, 20, 21 or 9999: a date, YYYYMMDD; 14 such digits: YYYYMMDDhhmmss;
- other numbers below 10^11 (the years up to 5138): Unix seconds;
- below 10^14, 10^17 and above (from 1973 on): milliseconds, microseconds, nanoseconds.
"""

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql import types as T

from mars_model.errors import InputDataError
from mars_model.sources.clean_columns import clean_id_column
from mars_model.sources.readings import Reading, as_text
from mars_model.tables.sql_names import column

_ISO = r"\A[0-9]{4}-"
_DATE_DIGITS = r"\A(19|20|21|9999)[0-9]*\z"
_NO_NUMBER = "[^-0-9.]"  # in what a cast takes for one, such as 1e9
_NUMBER = r"\A-?[0-9]+(\.[0-9]+)?\z"
# Rule → what it is called, and how many of its units make a second.
_UNITS = {"s": ("Unix seconds", 1), "ms": ("Unix milliseconds", 10**3)}
_UNITS |= {"us": ("Unix microseconds", 10**6), "ns": ("Unix nanoseconds", 10**9)}
_NAMES = {
    "iso": "dates and times in ISO 8601",
    "date": "dates as YYYYMMDD",
    "stamp": "times as YYYYMMDDhhmmss",
    **{rule: name for rule, (name, _) in _UNITS.items()},
}
_YEARS = (-62_135_596_800, 253_402_300_799)  # 1 to 9999, in Unix seconds


def is_time(kind: T.DataType) -> bool:
    """Whether a column of this type holds times already."""
    return isinstance(kind, T.TimestampType | T.TimestampNTZType | T.DateType)


def time_text(rows: DataFrame, name: str) -> Column:
    """The values of a column as cleaned text; times stay what they are."""
    if is_time(rows.schema[name].dataType):
        return column(name).cast("timestamp")
    return clean_id_column(as_text(rows, name))


def time_look(name: str) -> dict[str, Column]:
    """The rule that each cleaned value follows."""
    return {f"_{name}_look": _look(column(name))}


def time_counts(name: str) -> list[Column]:
    """Aggregates of values beside their `time_look`, for `rule_of`: counts, and one of each."""
    look, given = column(f"_{name}_look"), column(name)
    return [
        column_of_rule
        for rule in _NAMES
        for column_of_rule in (
            F.count_if(look == rule).alias(f"{name}_{rule}"),
            F.min(F.when(look == rule, given)).alias(f"{name}_{rule}_example"),
        )
    ]


def rule_of(counts: Row, name: str, source: str) -> str | None:
    """The rule of a column. Raises InputDataError where its values follow several."""
    found = {rule: n for rule in _NAMES if (n := counts[f"{name}_{rule}"])}
    if len(found) > 1:
        listed = "; ".join(
            f"{n:,} look like {_NAMES[rule]} ({counts[f'{name}_{rule}_example'][:30]})"
            for rule, n in sorted(found.items(), key=lambda each: -each[1])
        )
        raise InputDataError(
            f"file {source}: column {name} mixes several kinds of time: {listed}. Write all of "
            "them in one kind"
        )
    return next(iter(found), None)


def read_times(rows: DataFrame, name: str, rule: str | None) -> Reading:
    """A column's times, from cleaned values and their rule."""
    no_problem = F.lit(None).cast("string")
    if name not in rows.columns:
        return Reading(F.lit(None).cast("timestamp"), no_problem)
    if is_time(rows.schema[name].dataType):
        return Reading(column(name), no_problem)
    given = column(name)
    # "0" is the same moment in all units; without any rule no other value is a time.
    value = _read(given, rule) if rule else F.when(given == "0", F.lit(0).cast("timestamp"))
    problem = F.when(given.isNotNull() & value.isNull(), F.lit(_wrong(rule)))
    return Reading(value, problem, rule and _NAMES[rule])


def _look(given: Column) -> Column:
    """The rule that a single value follows; null where it follows none, or any, as 0 does."""
    size, length = F.abs(given.try_cast("double")), F.length(given)
    is_dated = length.isin(8, 14) & given.rlike(_DATE_DIGITS)
    of_number = (
        F.when(is_dated, F.when(length == 8, "date").otherwise("stamp"))
        .when(size == 0, None)
        .when(size < 1e11, "s")
        .when(size < 1e14, "ms")
        .when(size < 1e17, "us")
        .otherwise("ns")
    )
    return F.when(given.rlike(_NUMBER), of_number).when(given.rlike(_ISO), "iso")


def _read(given: Column, rule: str) -> Column:
    if rule == "iso":
        return F.when(given.rlike(_ISO), given.try_cast("timestamp"))
    if rule in ("date", "stamp"):
        digits = {"date": (8, "yyyyMMdd"), "stamp": (14, "yyyyMMddHHmmss")}[rule]
        is_long = given.rlike(rf"\A[0-9]{{{digits[0]}}}\z")
        return F.when(is_long, F.try_to_timestamp(given, F.lit(digits[1])))
    per_second = _UNITS[rule][1]
    # As a decimal: a double has no room for nanoseconds.
    number = F.when(~given.rlike(_NO_NUMBER), given.try_cast("decimal(38,9)"))
    seconds = number / per_second
    return F.when(
        seconds.between(*_YEARS), F.timestamp_micros(F.floor(seconds * 10**6).cast("bigint"))
    )


def _wrong(rule: str | None) -> str:
    return f"is no time, the column holds {_NAMES[rule]}" if rule else "is no time"
