"""The views and example queries over a published night, against counts in plain Python."""

from collections import Counter
from pathlib import Path

import pytest
from deltalake import DeltaTable

from mars_model.resources import sql_files
from mars_model.tables.views import register_views


@pytest.fixture(scope="module")
def names(night) -> list[str]:
    return register_views(night.warehouse)


@pytest.fixture(scope="module")
def published(night) -> list[dict]:
    """The night's rows, read without Spark."""
    return DeltaTable(night.warehouse.location("recommendations")).to_pyarrow_table().to_pylist()


@pytest.fixture(scope="module")
def titles(night) -> dict[int, str]:
    rows = DeltaTable(night.warehouse.location("items")).to_pyarrow_table().to_pylist()
    return {row["item_id"]: row["title"] for row in rows}


@pytest.fixture(scope="module")
def examples(spark, names) -> dict[str, list[dict]]:
    """The result of every example by its file's name."""
    queries = {path.stem: path.read_text(encoding="utf-8") for path in sql_files("examples")}
    return {
        name: [row.asDict() for row in spark.sql(query).collect()]
        for name, query in queries.items()
    }


def test_tables_and_views_go_by_the_names_of_their_files(names, night):
    tables = [path.stem for path in sql_files("tables")]
    written = [name for name in tables if Path(night.warehouse.location(name)).is_dir()]
    assert names == written + [path.stem for path in sql_files("views")]
    assert {"items", "user_histories", "recommendations"} <= set(written)


def sentence(row: dict, titles: dict[int, str]) -> str:
    """What the shipped templates make of a published row."""
    named = [titles[item_id] for item_id in row["named_items"]]
    both = " and ".join(named)
    return {
        "likes": f"because you liked {both}",
        "popularity": "popular with everyone",
        "taste": f"in line with much of what you liked, {both} most"
        if named
        else "in line with what you liked",
    }[row["reason_kind"]]


def test_the_readable_view_says_what_each_row_is_there_for(spark, names, published, titles):
    columns = ("user_id", "rank", "title", "reason_kind", "reason")
    rows = spark.table("recommendation_reasons").select(*columns).collect()
    assert sorted(map(tuple, rows)) == sorted(
        (
            *(row["user_id"], row["rank"], titles[row["item_id"]], row["reason_kind"]),
            sentence(row, titles),
        )
        for row in published
    )
    assert {row["source"] for row in published} == {"mars", "popular"}


def test_only_the_latest_night_is_in_the_latest_lists(spark, names, published):
    rows = spark.table("latest_recommendations").select("user_id", "rank", "item_id").collect()
    assert sorted(map(tuple, rows)) == sorted(
        (row["user_id"], row["rank"], row["item_id"]) for row in published
    )


def test_every_example_answers(examples):
    assert set(examples) == {path.stem for path in sql_files("examples")}
    assert all(examples.values())


def test_the_audience_is_who_gets_the_most_recommended_item(examples, published, titles):
    by_model = [row for row in published if row["source"] == "mars"]
    times = Counter(row["item_id"] for row in by_model)
    item_id = min(times, key=lambda i: (-times[i], i))
    expected = sorted((r["rank"], r["user_id"]) for r in by_model if r["item_id"] == item_id)
    rows = examples["campaign_audience_for_an_item"]
    assert [(row["rank"], row["user_id"]) for row in rows] == expected
    assert {row["title"] for row in rows} == {titles[item_id]}
    reasons = {row["user_id"]: row["reason"] for row in by_model if row["item_id"] == item_id}
    assert {row["user_id"]: row["reason"] for row in rows} == reasons


def test_likes_that_open_doors_are_counted_by_reason(examples, published):
    rows = examples["likes_that_open_doors"]
    reasons = [(r["item_id"], row["user_id"]) for row in published for r in row["because"]]
    times = Counter(item_id for item_id, _ in reasons)
    users = Counter(item_id for item_id, _ in set(reasons))
    assert [row["item_id"] for row in rows] == sorted(times, key=lambda i: (-times[i], i))
    for row in rows:
        assert row["n_recommendations"] == times[row["item_id"]]
        assert row["n_users"] == users[row["item_id"]]


def test_rarely_shown_items_compare_likes_with_lists(examples, published):
    rows = {row["item_id"]: row for row in examples["rarely_shown_items"]}
    # Counted by hand in the small source: all twelve films are liked by somebody.
    n_likes = {101: 5, 102: 4, 103: 3, 104: 3, 105: 3, 106: 2}
    n_likes |= {201: 5, 202: 4, 203: 3, 204: 3, 205: 3, 206: 1}
    assert {item_id: row["n_likes"] for item_id, row in rows.items()} == n_likes
    shown = Counter(row["item_id"] for row in published)
    for item_id, row in rows.items():
        assert row["n_lists"] == shown[item_id]
        assert row["lists_per_like"] == pytest.approx(shown[item_id] / n_likes[item_id], abs=5e-4)
    shares = [row["lists_per_like"] for row in examples["rarely_shown_items"]]
    assert shares == sorted(shares)
