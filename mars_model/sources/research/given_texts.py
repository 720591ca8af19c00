"""Texts of the user's own for the items of a set: a file with item_id and text."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.sources.files import CORRUPT


def texts_of_lines(rows: DataFrame) -> DataFrame:
    """One row per line in, one row per line that has both out: `item_id, given_text`, strings."""
    if CORRUPT in rows.columns:
        rows = rows.where(F.col(CORRUPT).isNull())
    columns = {"item_id": "item_id", "text": "given_text"}
    named = [F.trim(F.col(theirs).cast("string")).alias(ours) for theirs, ours in columns.items()]
    return rows.select(*named).where("item_id != '' and given_text != ''")


def with_texts(items: DataFrame, texts: DataFrame | None) -> DataFrame:
    """One row per item in and out; `text` is the one given, else the set's, else the genres.

    Of several texts given for an item the last in the order of the alphabet stays.
    """
    genres = F.translate("genres", "|", " ")
    if texts is None:
        return items.withColumn("text", F.coalesce("text", genres))
    last = texts.groupBy("item_id").agg(F.max("given_text").alias("given_text"))
    joined = items.join(last, "item_id", "left")
    return joined.withColumn("text", F.coalesce("given_text", "text", genres)).drop("given_text")
