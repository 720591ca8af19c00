"""The view that people read, over rows made by hand."""

from datetime import date

import pytest

from mars_model.resources import resource_folder

REASON = "struct<item_id: bigint, attention: float, contribution: float, score_without: float>"
LISTS = (
    "run_date date, user_id bigint, rank int, item_id bigint, score float, source string, "
    f"because array<{REASON}>, reason_kind string, reason string"
)
NIGHT = date(2026, 3, 1)
SALT = ("likes", "because you liked Salt")
TASTE = ("taste", "in line with what you liked")


@pytest.fixture(scope="module")
def reasons(spark) -> dict[tuple[int, int], dict]:
    """The view's rows by user and rank."""
    lists = [
        (NIGHT, 1, 1, 20, 0.5, "mars", [(12, 0.5, 0.25, 0.25), (10, 0.25, 0.125, 0.5)], *SALT),
        (NIGHT, 1, 2, 21, 0.25, "mars", [(11, 0.5, 0.5, 0.0), (10, 0.25, 0.5, 0.0)], *TASTE),
        (
            *(NIGHT, 2, 1, 20, 0.5, "mars"),
            *([(10, 0.5, 0.5, 0.5), (12, 0.3, 0.5, 0.5), (11, 0.2, 0.5, 0.5)], *SALT),
        ),
        (NIGHT, 3, 1, 22, 0.5, "mars", [(10, 1.0, 0.5, None)], *SALT),
        (NIGHT, 4, 1, 20, 7.0, "popular", [], "popularity", "popular with everyone"),
        # A row of a night that an earlier release published.
        (NIGHT, 5, 1, 20, 0.5, "mars", [(99, 0.75, 0.5, 0.0), (13, 0.25, 0.5, 0.0)], None, None),
    ]
    items = [(10, "Salt"), (11, " "), (12, "Airlock"), (13, None), (20, "Orbit"), (21, "")]
    spark.createDataFrame(lists, LISTS).createOrReplaceTempView("latest_recommendations")
    spark.createDataFrame(items, "item_id bigint, title string").createOrReplaceTempView("items")
    query = (resource_folder("sql") / "views" / "recommendation_reasons.sql").read_text("utf-8")
    rows = [row.asDict(recursive=True) for row in spark.sql(query).collect()]
    assert len(rows) == len(lists)
    return {(row["user_id"], row["rank"]): row for row in rows}


def test_the_reason_is_the_one_that_was_published(reasons):
    found = {key: (row["reason_kind"], row["reason"]) for key, row in reasons.items()}
    assert found == {
        (1, 1): SALT,
        (1, 2): TASTE,
        (2, 1): SALT,
        (3, 1): SALT,
        (4, 1): ("popularity", "popular with everyone"),
        (5, 1): (None, None),
    }


def test_neither_an_empty_title_nor_an_item_that_has_gone_leaves_a_hole(reasons):
    assert [r["title"] for r in reasons[1, 2]["because_titles"]] == ["11", "Salt"]
    assert [r["title"] for r in reasons[5, 1]["because_titles"]] == ["99", "13"]


def test_every_reason_keeps_its_numbers_and_its_place(reasons):
    assert reasons[1, 1]["because_titles"] == [
        {
            **{"position": 0, "item_id": 12, "title": "Airlock"},
            **{"attention": 0.5, "contribution": 0.25, "score_without": 0.25},
        },
        {
            **{"position": 1, "item_id": 10, "title": "Salt"},
            **{"attention": 0.25, "contribution": 0.125, "score_without": 0.5},
        },
    ]
    assert [r["title"] for r in reasons[2, 1]["because_titles"]] == ["Salt", "Airlock", "11"]
    assert reasons[3, 1]["because_titles"][0]["score_without"] is None
    assert reasons[4, 1]["because_titles"] is None


def test_the_recommended_item_is_named_by_its_title_or_its_id(reasons):
    assert reasons[1, 1]["title"] == "Orbit"
    assert reasons[1, 2]["title"] == "21"
    assert reasons[3, 1]["title"] == "22"
