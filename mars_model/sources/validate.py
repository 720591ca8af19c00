"""Splits imported rows into those that keep the contract and those that do not, with reasons."""

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import FractionalType, NumericType, StringType

from mars_model.errors import InputDataError
from mars_model.sources.files import CORRUPT, WHY
from mars_model.tables.contracts import IdTypes

ITEM_KEY = ("item_id",)
INTERACTION_KEY = ("user_id", "item_id", "interacted_at")
EXCLUSION_KEY = ("item_id", "excluded_from", "excluded_until")
_OF_LINES = (CORRUPT, WHY)  # of a line that is no row
# Leading zeros belong to an id: 007 and 7 may be two items.
_WHOLE_NUMBER = r"^\s*-?(0|[1-9][0-9]{0,17})\s*$"
_DATED = r"^\s*[0-9]{4}-"
_UNIX_SECONDS = (-62_135_596_800, 253_402_300_799)  # the years 1 to 9999


@dataclass(frozen=True)
class Validated:
    """All rows of a file with a verdict: `_reason` is null where they keep the contract."""

    judged: DataFrame

    @property
    def good(self) -> DataFrame:
        """Rows that keep the contract."""
        return self.judged.where("_reason is null").drop("_reason", "_row_json")

    @property
    def rejected(self) -> DataFrame:
        """The others, as (`reason`, `row_json`)."""
        return self.judged.where("_reason is not null").select(
            F.col("_reason").alias("reason"), F.col("_row_json").alias("row_json")
        )


def with_our_names(
    raw: DataFrame, columns: Mapping[str, str], required: tuple[str, ...], source: str, setting: str
) -> DataFrame:
    """Rename their columns to ours. Raises InputDataError for all missing columns at once.

    A column of theirs that is called like one of ours but stands for none gives way.
    A file whose time is a column `timestamp` needs no setting: it is read as `interacted_at`.
    """
    theirs = {**{name: name for name in required}, **columns}
    missing = {ours: name for ours, name in theirs.items() if name not in raw.columns}
    if missing:
        raise InputDataError(
            f"file {source}: column {', '.join(map(repr, missing.values()))} not found, it has "
            f"{', '.join(c for c in raw.columns if c not in _OF_LINES) or 'none'}. Say how it is "
            f"called there with --set {setting}.{next(iter(missing))}=NAME"
        )
    others = [name for name in raw.columns if name not in {*columns, *columns.values()}]
    renamed = raw.select(
        *[_column(name).alias(ours) for ours, name in columns.items()],
        *[_column(name) for name in others],
    )
    if "timestamp" in renamed.columns and "interacted_at" not in renamed.columns:
        renamed = renamed.withColumnRenamed("timestamp", "interacted_at")
    return renamed


def id_type_of(frame: DataFrame, column: str) -> str:
    """`bigint` where every id is a whole number, else `string`: no row is lost by the choice."""
    if isinstance(frame.schema[column].dataType, NumericType):
        return "bigint"
    other = F.col(column).isNotNull() & ~F.col(column).cast("string").rlike(_WHOLE_NUMBER)
    return "string" if frame.select(column).where(other).limit(1).count() else "bigint"


def validate_items(rows: DataFrame, ids: IdTypes, extra_columns: tuple[str, ...]) -> Validated:
    """Items by contract, one row per id; of several rows with one id the last by title stays."""
    typed = {
        "item_id": _id(rows, "item_id", ids.item),
        "title": _text(rows, "title"),
        "text": _text(rows, "text"),
        "available_from": _time(rows, "available_from"),
        "available_until": _time(rows, "available_until"),
        **{name: _text(rows, name) for name in extra_columns},
    }
    return _split(rows, typed, ("item_id",), ITEM_KEY, order=("title", "text"))


def validate_interactions(rows: DataFrame, ids: IdTypes) -> Validated:
    """Events by contract, one row per user, item and time; the highest rating stays."""
    rating = _optional(rows, "rating").try_cast("double")
    finite = F.when(~F.isnan(rating) & (F.abs(rating) < float("inf")), rating)
    typed = {
        "user_id": _id(rows, "user_id", ids.user),
        "item_id": _id(rows, "item_id", ids.item),
        "rating": finite,
        "interacted_at": _time(rows, "interacted_at"),
    }
    return _split(rows, typed, ("user_id", "item_id"), INTERACTION_KEY, order=("rating",))


def validate_excluded_items(rows: DataFrame, ids: IdTypes) -> Validated:
    """Exclusions by contract, one row per item and window; one that never holds is a mistake."""
    typed = {
        "item_id": _id(rows, "item_id", ids.item),
        "reason": _text(rows, "reason"),
        "excluded_from": _time(rows, "excluded_from"),
        "excluded_until": _time(rows, "excluded_until"),
    }
    never = F.when(
        typed["excluded_until"] <= typed["excluded_from"],
        F.lit("excluded_until is not after excluded_from"),
    )
    return _split(rows, typed, ("item_id",), EXCLUSION_KEY, ("reason",), never)


def validate_user_segments(rows: DataFrame, ids: IdTypes) -> Validated:
    """Users with their segment, each pair once. A user may still be in several segments."""
    key = ("user_id", "segment")
    typed = {"user_id": _id(rows, "user_id", ids.user), "segment": _name(rows, "segment")}
    return _split(rows, typed, key, key, order=())


def validate_segment_items(rows: DataFrame, ids: IdTypes) -> Validated:
    """Segments with their items, each pair once."""
    key = ("segment", "item_id")
    typed = {"segment": _name(rows, "segment"), "item_id": _id(rows, "item_id", ids.item)}
    return _split(rows, typed, key, key, order=())


def _split(
    rows: DataFrame,
    typed: dict[str, Column],
    required: tuple[str, ...],
    key: tuple[str, ...],
    order: tuple[str, ...],
    *more_reasons: Column,
) -> Validated:
    corrupt = F.col(CORRUPT) if CORRUPT in rows.columns else F.lit(None).cast("string")
    why = F.coalesce(_optional(rows, WHY), F.lit("the line cannot be parsed"))
    reasons = [F.when(corrupt.isNotNull(), why)]
    for name, column in typed.items():
        given = _optional(rows, name)
        blank = given.isNull() | (F.trim(given.cast("string")) == "")
        if name in required:
            reasons.append(F.when(blank, F.lit(f"{name} is missing")))
        reasons.append(F.when(~blank & column.isNull(), F.lit(f"{name} has the wrong type")))
    reasons += more_reasons
    raw = [_column(name) for name in rows.columns if name not in _OF_LINES]
    judged = rows.select(
        F.coalesce(*reasons).alias("_reason"),
        F.coalesce(corrupt, F.to_json(F.struct(*raw))).alias("_row_json"),
        *[column.alias(name) for name, column in typed.items()],
    )
    first = Window.partitionBy("_reason", *key).orderBy(
        *[F.col(name).desc_nulls_last() for name in order], "_row_json"
    )
    repeated = F.when(F.row_number().over(first) > 1, F.lit(f"repeats {', '.join(key)}"))
    return Validated(judged.withColumn("_reason", F.coalesce("_reason", repeated)))


def _column(name: str) -> Column:
    return F.col("`" + name.replace("`", "``") + "`")


def _optional(rows: DataFrame, name: str) -> Column:
    return _column(name) if name in rows.columns else F.lit(None).cast("string")


def _id(rows: DataFrame, name: str, id_type: str) -> Column:
    data_type = rows.schema[name].dataType
    if isinstance(data_type, FractionalType) and id_type == "bigint":
        # pandas turns whole ids into floats where one is missing; 1.5 is no id, and not 1.
        return F.when(F.col(name) == F.floor(name), F.col(name)).try_cast(id_type)
    if isinstance(data_type, StringType):
        trimmed = F.trim(F.col(name))
        return F.when(trimmed != "", trimmed).try_cast(id_type)
    return F.col(name).try_cast(id_type)


def _text(rows: DataFrame, name: str) -> Column:
    return _optional(rows, name).cast("string")


def _name(rows: DataFrame, name: str) -> Column:
    """Text that is compared: blanks around it do not count."""
    return F.trim(_text(rows, name))


def _time(rows: DataFrame, name: str) -> Column:
    """A date and time, or Unix seconds; unlike Spark's cast no year 123456, no time of today."""
    text = _optional(rows, name).cast("string")
    seconds = text.try_cast("double")
    return F.coalesce(
        F.when(text.rlike(_DATED), text.try_cast("timestamp")),
        F.when(seconds.between(*_UNIX_SECONDS), F.timestamp_seconds(seconds)),
    )
