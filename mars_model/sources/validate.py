"""Splits imported rows into those that keep the contract and those that do not, with reasons."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from mars_model.sources.ids import read_ids
from mars_model.sources.look import Looked
from mars_model.sources.name_rows import RAW
from mars_model.sources.readings import Reading, number, text
from mars_model.sources.text_tables import CORRUPT, WHY
from mars_model.tables.contracts import IdTypes
from mars_model.tables.sql_names import column

ITEM_KEY = ("item_id",)
INTERACTION_KEY = ("user_id", "item_id", "interacted_at")
EXCLUSION_KEY = ("item_id", "excluded_from", "excluded_until")


@dataclass(frozen=True)
class Validated:
    """All rows of a file with a verdict: `_reason` is null where they keep the contract."""

    judged: DataFrame
    announced: dict[str, str]  # column → how its values were read, where there was a choice

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


def validate_items(looked: Looked, kept: IdTypes, extra_columns: tuple[str, ...]) -> Validated:
    """Items by contract, one row per id; of several rows with one id the last by title stays."""
    rows = looked.named.rows
    readings = {
        "item_id": _ids(looked, "item_id", kept.item),
        "title": text(rows, "title"),
        "text": text(rows, "text"),
        "available_from": looked.times("available_from"),
        "available_until": looked.times("available_until"),
        **{name: text(rows, name) for name in extra_columns},
    }
    return _split(looked, readings, ("item_id",), ITEM_KEY, order=("title", "text"))


def validate_interactions(looked: Looked, kept: IdTypes) -> Validated:
    """Events by contract, one row per user, item and time; the highest rating stays."""
    readings = {
        "user_id": _ids(looked, "user_id", kept.user),
        "item_id": _ids(looked, "item_id", kept.item),
        "rating": number(looked.named.rows, "rating"),
        "interacted_at": looked.times("interacted_at"),
    }
    return _split(looked, readings, ("user_id", "item_id"), INTERACTION_KEY, order=("rating",))


def validate_excluded_items(looked: Looked, kept: IdTypes) -> Validated:
    """Exclusions by contract, one row per item and window; one that never holds is a mistake."""
    begin, end = looked.times("excluded_from"), looked.times("excluded_until")
    never = F.when(end.value <= begin.value, F.lit("excluded_until is not after excluded_from"))
    readings = {
        "item_id": _ids(looked, "item_id", kept.item),
        "reason": text(looked.named.rows, "reason"),
        "excluded_from": begin,
        "excluded_until": end,
    }
    return _split(looked, readings, ("item_id",), EXCLUSION_KEY, ("reason",), never)


def validate_user_segments(looked: Looked, kept: IdTypes) -> Validated:
    """Users with their segment, each pair once. A user may still be in several segments."""
    key = ("user_id", "segment")
    readings = {
        "user_id": _ids(looked, "user_id", kept.user),
        "segment": text(looked.named.rows, "segment"),
    }
    return _split(looked, readings, key, key, order=())


def validate_segment_items(looked: Looked, kept: IdTypes) -> Validated:
    """Segments with their items, each pair once."""
    key = ("segment", "item_id")
    readings = {
        "segment": text(looked.named.rows, "segment"),
        "item_id": _ids(looked, "item_id", kept.item),
    }
    return _split(looked, readings, key, key, order=())


def _ids(looked: Looked, name: str, kept_as: str) -> Reading:
    return read_ids(name, looked.ids[name], kept_as)


def _split(
    looked: Looked,
    readings: dict[str, Reading],
    required: tuple[str, ...],
    key: tuple[str, ...],
    order: tuple[str, ...],
    *more_reasons: Column,
) -> Validated:
    named = looked.named
    corrupt, why = named.column_or_null(CORRUPT), named.column_or_null(WHY)
    # What is wrong with each value stands in a column of its own first: it is computed once.
    read = named.rows.select(
        corrupt.alias("_corrupt"),
        why.alias("_why"),
        column(RAW),
        *[reading.value.alias(name) for name, reading in readings.items()],
        *[reading.problem.alias(f"_problem_{name}") for name, reading in readings.items()],
        F.coalesce(*more_reasons, F.lit(None).cast("string")).alias("_more"),
    )
    unparsed = F.coalesce("_why", F.lit("the line cannot be parsed"))
    reasons = [F.when(F.col("_corrupt").isNotNull(), unparsed)]
    for name in readings:
        problem = column(f"_problem_{name}")
        reasons.append(F.when(problem.isNotNull(), F.concat(F.lit(f"{name} "), problem)))
        if name in required:
            reasons.append(F.when(column(name).isNull(), F.lit(f"{name} is missing")))
    typed = [column(name) for name in readings]
    judged = read.select(F.coalesce(*reasons, "_more").alias("_reason"), "_corrupt", RAW, *typed)
    # Rows that are equal in all that is read may stand for one another.
    others = [name for name in readings if name not in (*order, *key)]
    first = Window.partitionBy("_reason", *key).orderBy(
        *[column(name).desc_nulls_last() for name in (*order, *others)], F.lit(0)
    )
    is_repeat = F.col("_reason").isNull() & (F.row_number().over(first) > 1)
    repeated = F.when(is_repeat, F.lit(f"repeats {', '.join(key)}"))
    reason = F.coalesce("_reason", repeated)
    with_reason = judged.withColumn("_reason", reason)
    row_json = F.when(F.col("_reason").isNotNull(), F.coalesce("_corrupt", F.to_json(column(RAW))))
    announced = {name: r.announced for name, r in readings.items() if r.announced}
    return Validated(with_reason.select("_reason", row_json.alias("_row_json"), *typed), announced)
