"""The words of hostile texts, against Spark's own text tools."""

import html
import unicodedata
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyspark.ml.feature import RegexTokenizer, StopWordsRemover
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from mars_model.errors import MarsBatchError, SettingsError
from mars_model.features import words
from mars_model.features.words import stop_words, words_of
from mars_model.tables import jars

HOSTILE = (
    "",
    " \t\n ",
    "The and of",
    "Don't STOP: it's the well-known Wouldn't-be",
    "Ame\u0301lie AME\u0301LIE Été e\u0301\u0302\u0323 \u0301alone",
    "İstanbul ISPARTA ılık İİ I\u0307zmir",
    "Straße STRASSE ẞ ǅungla Ǳ",
    "ΟΔΟΣ Σ ΟΔΟΣ. Σωκρ ΑΣ'Α ΣΣΣ",
    "Конец и МИР 东京 物語 हिन्दी ไทย ש\u05c1לום",
    "😀🚀 rocket👍🏽launch 1\ufe0f\u20e3 ❤\ufe0f 👨\u200d👩\u200d👧",
    "𠀀 𝐀 𝐀𝐁 𐐀𐐁x",
    "x² Ⅷ ½ ªº ⅠⅡ snow_white R2-D2 4ever ٣٤",
    "<p class='a>b'>Salt</p><br/>Bread<IMG\nsrc='x'>Fire <3 a<b b>c <1>",
    "<!-- hidden\n<b>note</b> --> <!-->never-->closed <!-- open <!DOCTYPE html>",
    "&lt;b&gt;bold&lt;/b&gt; &amp;amp; fish&ampchips &eacute;clair &#233; &#x1F600;",
    "&#0; &#xD800; &#99999999; &nosuch; &NotEqualTilde;",
    "non\u00a0breaking\u2003space\u200bzero soft\u00adhyphen\ufeffbom \u2028line\u0000nul \x1funit",
    "<" * 300 + "a" + ">" * 300,
)


def words_by_spark(spark: SparkSession, language: str, min_length: int) -> list[list[str]]:
    """Spark strips tags, folds case, splits and removes; entities by Python between its steps."""
    tag = r"<[/!]?[A-Za-z][^<>]*>|<!--(?s:.*?)-->"
    rows = spark.createDataFrame(list(enumerate(HOSTILE)), "n int, text string")
    stripped = rows.select("n", F.regexp_replace("text", tag, " ").alias("text")).collect()
    plain = [(n, unicodedata.normalize("NFC", html.unescape(text))) for n, text in stripped]
    tokenizer = RegexTokenizer(
        inputCol="text", outputCol="all", pattern=r"[^\p{L}\p{M}]+", minTokenLength=min_length
    )
    remover = StopWordsRemover(
        inputCol="all",
        outputCol="words",
        stopWords=StopWordsRemover.loadDefaultStopWords(language),
    )
    found = remover.transform(
        tokenizer.transform(spark.createDataFrame(plain, "n int, text string"))
    )
    return [row["words"] for row in found.orderBy("n").collect()]


@pytest.mark.parametrize(
    ("language", "min_length"), [("english", 2), ("turkish", 1), ("german", 4)]
)
def test_words_of_hostile_texts_are_those_of_spark(
    spark: SparkSession, language: str, min_length: int
) -> None:
    found = [words_of(text, stop_words(language), min_length) for text in HOSTILE]
    assert found == words_by_spark(spark, language, min_length)


def test_every_list_of_stop_words_is_spark_s(spark: SparkSession) -> None:
    for language in ("danish", "english", "french", "russian", "turkish"):
        assert stop_words(language) == set(StopWordsRemover.loadDefaultStopWords(language))


def test_a_language_that_spark_does_not_know_is_an_error() -> None:
    with pytest.raises(SettingsError, match=r"'documents\.stop_words_language' is 'klingon'"):
        stop_words("klingon")


def test_stop_words_are_found_in_a_spark_distribution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = tmp_path / "python" / "pyspark" / "__init__.py"
    monkeypatch.setattr(words, "find_spec", lambda name: SimpleNamespace(origin=str(origin)))
    with pytest.raises(MarsBatchError, match="pip install pyspark"):
        stop_words.__wrapped__("english")
    (tmp_path / "jars").mkdir()
    with zipfile.ZipFile(tmp_path / "jars" / "spark-mllib_2.13-4.2.0.jar", "w") as jar:
        jar.writestr("org/apache/spark/ml/feature/stopwords/english.txt", "The\nof\n")
    assert stop_words.__wrapped__("english") == {"the", "of"}


def test_stop_words_are_found_where_spark_submit_runs_pyspark_from_a_zip(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    zipped = jars.spark_home() / "python" / "lib" / "pyspark.zip" / "pyspark" / "__init__.py"
    monkeypatch.setattr(words, "find_spec", lambda name: SimpleNamespace(origin=str(zipped)))
    assert "the" in stop_words.__wrapped__("english")
