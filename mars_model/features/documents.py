"""Items → the words of each item."""

from collections.abc import Iterator

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from mars_model.errors import InputDataError
from mars_model.features.words import document_words, stop_words
from mars_model.settings import DocumentSettings
from mars_model.tables.sql_names import column


def item_documents(items: DataFrame, settings: DocumentSettings) -> DataFrame:
    """One row per item in, one row per item out: `item_id, title, words, n_words, text_hash`.

    Words are those of the item's year, then those of title, text and the extra columns in this
    order, HTML stripped, lower case, Unicode letters only, without stop words. Null columns count
    as empty; an item without any word keeps its row with an empty array. Equal words have equal
    hashes.
    """
    _require_columns(items, settings.added_columns)
    raw = F.concat_ws(" ", *[column(name) for name in settings.text_columns])
    year = column(settings.year_column).cast("string") if settings.year_column else F.lit("")
    words = items.select("item_id", "title", _words(year, raw, settings).alias("words"))
    return words.select(
        "item_id",
        "title",
        "words",
        F.size("words").alias("n_words"),
        F.sha2(F.concat_ws(" ", "words"), 256).alias("text_hash"),
    )


def _words(years: Column, texts: Column, settings: DocumentSettings) -> Column:
    left_out, min_length = stop_words(settings.stop_words_language), settings.min_word_length

    @F.pandas_udf("array<string>")  # type: ignore[attr-defined,untyped-decorator]
    def words(batches: Iterator[tuple[pd.Series, pd.Series]]) -> Iterator[pd.Series]:
        for dated, batch in batches:
            rows = zip(dated.fillna(""), batch, strict=True)
            yield pd.Series(
                [document_words(year, text, left_out, min_length) for year, text in rows]
            )

    found: Column = words(years, texts)
    return found


def _require_columns(items: DataFrame, added_columns: tuple[str, ...]) -> None:
    missing = [name for name in added_columns if name not in items.columns]
    if missing:
        raise InputDataError(
            f"items: column {', '.join(repr(m) for m in missing)} of documents.extra_columns or "
            f"documents.year_column not found, it has {', '.join(items.columns)}. Import it with "
            f"--set 'sources.extra_item_columns=[{', '.join(missing)}]'"
        )
