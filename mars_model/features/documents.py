"""Items → the words of each item, cleaned by Spark's own text tools."""

import html
import unicodedata
from collections.abc import Iterator

import pandas as pd
from pyspark.ml.feature import RegexTokenizer, StopWordsRemover
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from mars_model.errors import InputDataError, SettingsError
from mars_model.settings import DocumentSettings

_TAG = r"<[/!]?[A-Za-z][^<>]*>|<!--(?s:.*?)-->"
_NOT_A_LETTER = r"[^\p{L}\p{M}]+"


def item_documents(items: DataFrame, settings: DocumentSettings) -> DataFrame:
    """One row per item in, one row per item out: `item_id, title, words, n_words, text_hash`.

    Words are those of title, text and the extra columns in this order, HTML stripped, lower
    case, Unicode letters only, without stop words. Null columns count as empty; an item
    without any word keeps its row with an empty array. Equal words have equal hashes.
    """
    _require_columns(items, settings.extra_columns)
    columns = ("title", "text", *settings.extra_columns)
    raw = F.concat_ws(" ", *[F.col(name) for name in columns])
    cleaned = items.select("item_id", "title", _without_html(raw).alias("_text"))
    tokenizer = RegexTokenizer(
        inputCol="_text",
        outputCol="_tokens",
        pattern=_NOT_A_LETTER,
        minTokenLength=settings.min_word_length,
    )
    remover = StopWordsRemover(
        inputCol="_tokens", outputCol="words", stopWords=_stop_words(settings.stop_words_language)
    )
    words = remover.transform(tokenizer.transform(cleaned))
    return words.select(
        "item_id",
        "title",
        "words",
        F.size("words").alias("n_words"),
        F.sha2(F.concat_ws(" ", "words"), 256).alias("text_hash"),
    )


def count_words(documents: DataFrame, min_occurrences: int) -> list[str]:
    """Words seen at least so often over all documents, most frequent first, ties by word."""
    counted = documents.select(F.explode("words").alias("word")).groupBy("word").count()
    kept = counted.where(F.col("count") >= min_occurrences)
    rows = kept.orderBy(F.desc("count"), "word").select("word").collect()
    return [row["word"] for row in rows]


@F.pandas_udf(StringType())  # type: ignore[attr-defined,untyped-decorator]
def _unescape(texts: Iterator[pd.Series]) -> Iterator[pd.Series]:
    for batch in texts:
        # One code point per letter and accent where there is one: é is é, however it was typed.
        yield batch.map(lambda text: unicodedata.normalize("NFC", html.unescape(text)))


def _without_html(text: Column) -> Column:
    # Entities last: an escaped "&lt;" in a text is a character, not a tag.
    stripped = F.regexp_replace(text, _TAG, " ")
    unescaped: Column = _unescape(stripped)
    return unescaped


def _stop_words(language: str) -> list[str]:
    try:
        return StopWordsRemover.loadDefaultStopWords(language)
    except Exception as error:  # Spark raises a bare Java error here
        raise SettingsError(
            f"settings: 'documents.stop_words_language' is {language!r}, for which Spark has no "
            "stop words; expected for example english, german, french, spanish, russian"
        ) from error


def _require_columns(items: DataFrame, extra_columns: tuple[str, ...]) -> None:
    missing = [name for name in extra_columns if name not in items.columns]
    if missing:
        raise InputDataError(
            f"items: column {', '.join(repr(m) for m in missing)} of documents.extra_columns not "
            f"found, it has {', '.join(items.columns)}. Import it with --set "
            f"'sources.extra_item_columns=[{', '.join(missing)}]'"
        )
