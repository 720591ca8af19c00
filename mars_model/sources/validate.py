"""Splits imported rows into those that keep the contract and those that do not, with reasons."""

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import NumericType, StringType

from mars_model.errors import InputDataError
from mars_model.sources.files import CORRUPT
from mars_model.tables.contracts import IdTypes

ITEM_KEY = ("item_id",)
INTERACTION_KEY = ("user_id", "item_id", "interacted_at")
_WHOLE_NUMBER = r"^\s*-?[0-9]{1,18}\s*$"


@dataclass(frozen=True)
class Validated:
    """Rows that keep the contract, and the others as (`reason`, `row_json`)."""

    good: DataFrame
    rejected: DataFrame


def with_our_names(
    raw: DataFrame, columns: Mapping[str, str], required: tuple[str, ...], source: str, setting: str
) -> DataFrame:
    """Rename their columns to ours. Raises InputDataError for all missing columns at once.

    A file whose time is a column `timestamp` needs no setting: it is read as `interacted_at`.
    """
    missing = [theirs for theirs in columns.values() if theirs not in raw.columns]
    missing += [o for o in required if o not in columns and o not in raw.columns]
    if missing:
        raise InputDataError(
            f"file {source}: column {', '.join(repr(m) for m in missing)} not found, it has "
            f"{', '.join(c for c in raw.columns if c != CORRUPT)}. Say how it is called there "
            f"with --set {setting}.{required[0]}=NAME"
        )
    renamed = raw.withColumnsRenamed({theirs: ours for ours, theirs in columns.items()})
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
    """Items by contract, one row per id; of several rows with one id the first by title stays."""
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


def _split(
    rows: DataFrame,
    typed: dict[str, Column],
    required: tuple[str, ...],
    key: tuple[str, ...],
    order: tuple[str, ...],
) -> Validated:
    corrupt = F.col(CORRUPT) if CORRUPT in rows.columns else F.lit(None).cast("string")
    reasons = [F.when(corrupt.isNotNull(), F.lit("the line cannot be parsed"))]
    for name, column in typed.items():
        given = _optional(rows, name)
        blank = given.isNull() | (F.trim(given.cast("string")) == "")
        if name in required:
            reasons.append(F.when(blank, F.lit(f"{name} is missing")))
        reasons.append(F.when(~blank & column.isNull(), F.lit(f"{name} has the wrong type")))
    raw = [F.col(name) for name in rows.columns if name != CORRUPT]
    judged = rows.select(
        F.coalesce(*reasons).alias("_reason"),
        F.coalesce(corrupt, F.to_json(F.struct(*raw))).alias("_row_json"),
        *[column.alias(name) for name, column in typed.items()],
    )
    first = Window.partitionBy("_reason", *key).orderBy(
        *[F.col(name).desc_nulls_last() for name in order], "_row_json"
    )
    repeated = F.when(F.row_number().over(first) > 1, F.lit(f"repeats {', '.join(key)}"))
    judged = judged.withColumn("_repeated", repeated)
    reason = F.coalesce("_reason", "_repeated")
    return Validated(
        good=judged.where(reason.isNull()).drop("_reason", "_repeated", "_row_json"),
        rejected=judged.where(reason.isNotNull()).select(
            reason.alias("reason"), F.col("_row_json").alias("row_json")
        ),
    )


def _optional(rows: DataFrame, name: str) -> Column:
    return F.col(name) if name in rows.columns else F.lit(None).cast("string")


def _id(rows: DataFrame, name: str, id_type: str) -> Column:
    if isinstance(rows.schema[name].dataType, StringType):
        trimmed = F.trim(F.col(name))
        return F.when(trimmed != "", trimmed).try_cast(id_type)
    return F.col(name).try_cast(id_type)


def _text(rows: DataFrame, name: str) -> Column:
    return _optional(rows, name).cast("string")


def _time(rows: DataFrame, name: str) -> Column:
    if name in rows.columns and isinstance(rows.schema[name].dataType, NumericType):
        return F.timestamp_seconds(F.col(name))
    given = _optional(rows, name)
    return F.coalesce(
        given.try_cast("timestamp"), F.timestamp_seconds(given.cast("string").try_cast("bigint"))
    )
