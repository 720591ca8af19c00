"""Items to words."""

import hashlib

import pytest
from pyspark.sql import Row, SparkSession

from mars_model.errors import InputDataError, SettingsError
from mars_model.features.documents import item_documents
from mars_model.settings import DocumentSettings

SCHEMA = "item_id bigint, title string, text string, genres string"


def documents(spark: SparkSession, texts: dict[int, tuple], **settings: object) -> dict[int, Row]:
    rows = [(item_id, *(columns + (None,) * 3)[:3]) for item_id, columns in texts.items()]
    chosen = DocumentSettings.model_validate(settings)
    found = item_documents(spark.createDataFrame(rows, SCHEMA), chosen).collect()
    assert len(found) == len(texts)
    return {row["item_id"]: row for row in found}


def test_texts_become_lower_case_words_of_unicode_letters(spark: SparkSession) -> None:
    found = documents(
        spark,
        {
            1: ("Café ÉTÉ", "Война и мир"),
            2: ("Ame\u0301lie", None),  # an accent of its own joins its letter
            3: ("R2-D2 rocket3launch", "snow_white well-known"),
            4: ("The crew", "of a rocket and the moon"),
            5: ("<p class='a'>Salt</p><br/>Bread", "fish&amp;chips &eacute;clair &#233;tude"),
            6: ("<!-- hidden\n<b>note</b> -->Plates", "x < yes and no > zebra <3"),
            7: ("&lt;b&gt;escaped&lt;/b&gt; tag", None),
            8: ("東京 物語", None),
        },
    )
    assert {item_id: row["words"] for item_id, row in found.items()} == {
        1: ["café", "été", "война", "мир"],
        2: ["am\u00e9lie"],
        3: ["rocket", "launch", "snow", "white", "well", "known"],
        4: ["crew", "rocket", "moon"],
        5: ["salt", "bread", "fish", "chips", "éclair", "étude"],
        6: ["plates", "yes", "zebra"],
        7: ["escaped", "tag"],
        8: ["東京", "物語"],
    }
    assert found[1]["title"] == "Café ÉTÉ"
    assert all(row["n_words"] == len(row["words"]) for row in found.values())


def test_the_hash_is_that_of_the_words_and_nothing_else(spark: SparkSession) -> None:
    found = documents(
        spark,
        {
            1: ("Orbit station", None),
            2: ("ORBIT", "<i>the</i> station!"),
            3: ("station", "orbit"),
            4: (None, None),
            5: ("The", "42"),
        },
    )
    orbit_station = hashlib.sha256(b"orbit station").hexdigest()
    assert found[1]["text_hash"] == found[2]["text_hash"] == orbit_station
    assert found[3]["text_hash"] == hashlib.sha256(b"station orbit").hexdigest()
    for wordless in (found[4], found[5]):
        assert wordless["words"] == []
        assert wordless["n_words"] == 0
        assert wordless["text_hash"] == hashlib.sha256(b"").hexdigest()


def test_extra_columns_follow_title_and_text(spark: SparkSession) -> None:
    texts = {1: ("Orbit", "Crew", "Drama|Sci-Fi"), 2: ("Salt", None, None)}
    found = documents(spark, texts, extra_columns=["genres"])
    assert found[1]["words"] == ["orbit", "crew", "drama", "sci", "fi"]
    assert found[2]["words"] == ["salt"]


def test_the_year_of_a_title_comes_before_its_words(spark: SparkSession) -> None:
    texts = {1: ("Orbit (1968)", "In 1999 a crew"), 2: ("Salt", "Made in 1968")}
    found = documents(spark, texts)
    years = ["1964-1968", "1965-1969", "1966-1970", "1967-1971", "1968-1972"]
    assert found[1]["words"] == [*years, "orbit", "crew"]
    assert found[2]["words"] == ["salt", "made"]
    assert documents(spark, texts, year_column=None)[1]["words"] == ["orbit", "crew"]


def test_a_column_of_numbers_or_dates_may_hold_the_years(spark: SparkSession) -> None:
    items = spark.sql(
        "select * from values (1, 'Orbit (1968)', 1970, date '1971-05-01'), (2, 'Salt', null, null)"
        " as items(item_id, title, made, released)"
    ).selectExpr("*", "cast(null as string) as text")
    firsts = {}
    for name in ("made", "released"):
        found = item_documents(items, DocumentSettings(year_column=name)).collect()
        words = {row["item_id"]: row["words"] for row in found}
        assert words[2] == ["salt"]
        firsts[name] = words[1][0]
    assert firsts == {"made": "1966-1970", "released": "1967-1971"}


def test_a_missing_column_of_years_is_named_once_with_the_others(spark: SparkSession) -> None:
    with pytest.raises(InputDataError) as caught:
        documents(spark, {1: ("Orbit",)}, extra_columns=["made", "cast"], year_column="made")
    assert (
        "column 'made', 'cast' of documents.extra_columns or documents.year_column not found"
        in (str(caught.value))
    )


def test_language_and_shortest_word_are_settings(spark: SparkSession) -> None:
    texts = {1: ("Das Boot und the Meer", "a is")}
    found = documents(spark, texts, stop_words_language="german", min_word_length=1)
    assert found[1]["words"] == ["boot", "the", "meer", "a", "is"]


def test_a_language_without_stop_words_is_refused(spark: SparkSession) -> None:
    with pytest.raises(SettingsError) as caught:
        documents(spark, {1: ("Orbit",)}, stop_words_language="klingon")
    assert "'documents.stop_words_language' is 'klingon'" in str(caught.value)
    assert "english" in str(caught.value)


def test_all_missing_extra_columns_are_named(spark: SparkSession) -> None:
    with pytest.raises(InputDataError) as caught:
        documents(spark, {1: ("Orbit",)}, extra_columns=["cast", "genres", "crew"])
    message = str(caught.value)
    assert "'cast', 'crew'" in message
    assert "it has item_id, title, text, genres" in message
    assert "sources.extra_item_columns=[cast, crew]" in message
