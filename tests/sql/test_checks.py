"""Every file of sql/checks finds offending rows made by hand, and nothing else."""

import math
from dataclasses import dataclass, field
from datetime import date, datetime

import pytest
from pyspark.sql import functions as F

from mars_model.night.audited import items_view, published_view, rows_view
from mars_model.night.checks import check_names, look_at_items, look_at_users
from mars_model.resources import sql_files

REASON = "struct<item_id: bigint, attention: float, contribution: float, score_without: float>"
SCHEMAS = {
    "recommendations": (
        "user_id bigint, rank int, item_id bigint, score float, source string, "
        f"because array<{REASON}>, reason_kind string, reason string, named_items array<bigint>, "
        "score_without_named float, best_unlisted_score float"
    ),
    "unserved_users": "user_id bigint, n_rows int, reason string",
    "user_histories": "user_id bigint, item_ids array<bigint>",
    "items": "item_id bigint, available_from timestamp, available_until timestamp",
    "excluded_items": "item_id bigint, excluded_from timestamp, excluded_until timestamp",
    "user_segments": "user_id bigint, segment string",
    "segment_items": "segment string, item_id bigint",
}
NEEDED = {"user_histories": 3, "items": 3}
OPTIONAL = {"excluded_items": 3, "user_segments": 3, "segment_items": 3}
NAN, INFINITY = math.nan, math.inf


POPULAR = ("popularity", "popular with everyone", [], None, None)


def row(
    user_id,
    rank,
    item_id,
    score=0.5,
    because=((10, 0.5, 0.25, 0.5),),
    source="mars",
    why=None,
):
    """A recommendation; only what a case is about need be said.

    `why`: kind, sentence, named items, score without them, best unlisted score.
    """
    return (user_id, rank, item_id, score, source, list(because), *(why or POPULAR))


# User 1 has a full list of two, user 2 liked nothing, user 3 saw all but one item.
CLEAN = {
    "recommendations": [
        row(
            *(1, 1, 20, 0.5, [(10, 0.75, 0.5, 0.25), (11, 0.25, 0.0, None)], "mars"),
            ("likes", "for A", [10], 0.25, 0.3125),
        ),
        row(
            *(1, 2, 21, 0.5, [(10, 0.5, 0.25, 0.25), (11, 0.5, 0.25, 0.25)], "mars"),
            ("likes", "for A and B", [11, 10], None, 0.25),
        ),
        row(2, 1, 10, 9.0, [], "popular"),
        row(2, 2, 11, 8.0, [], "popular"),
        row(
            *(3, 1, 22, -0.5, [(20, 1.0, -0.5, None)], "mars"),
            ("taste", "like others", [20, 10], -0.25, None),
        ),
    ],
    "unserved_users": [(3, 1, "fewer_unseen_items_than_n")],
    "user_histories": [(1, [10, 11]), (2, []), (3, [10, 11, 20, 21])],
    "items": [
        (10, None, None),
        (11, datetime(2026, 3, 1), None),
        (20, None, datetime(2026, 3, 1, 0, 0, 1)),
        (21, None, None),
        (22, None, None),
    ],
    # Exclusions that are over, that begin a second later, and of an item that nobody got.
    "excluded_items": [
        (20, None, datetime(2026, 3, 1)),
        (21, datetime(2026, 3, 1, 0, 0, 1), None),
        (99, None, None),
    ],
    # User 1 may get both items of the list; users 2 and 3 may get everything. A row without a
    # segment says nothing.
    "user_segments": [(1, "kids"), (1, None)],
    "segment_items": [("kids", 20), ("kids", 21), ("kids", 22), ("paid", 10)],
}


@dataclass(frozen=True)
class Case:
    """Rows beside the clean ones, and who or what the check must find."""

    found: set  # users, (user, rank), or (segment, item)
    n_rows: int = 0  # recommendations of these items
    recommendations: list[tuple] = field(default_factory=list)
    user_histories: list[tuple] = field(default_factory=list)
    items: list[tuple] = field(default_factory=list)
    unserved_users: list[tuple] = field(default_factory=list)
    excluded_items: list[tuple] = field(default_factory=list)
    user_segments: list[tuple] = field(default_factory=list)
    segment_items: list[tuple] = field(default_factory=list)


USER_CASES = {
    "no_liked_item": Case(
        found={7, 8},
        recommendations=[row(7, 1, 10), row(7, 2, 20), row(8, 1, 11), row(8, 2, 20)],
        user_histories=[(7, [21, 20]), (8, [11])],
    ),
    "no_repeated_item": Case(
        found={7, 8},
        recommendations=[
            *(row(7, 1, 20), row(7, 2, 21), row(7, 3, 20)),
            *(row(8, rank, 10) for rank in (1, 2, 3)),
        ],
    ),
    "only_liked_reasons": Case(
        found={7, 8, 9},
        recommendations=[
            row(7, 1, 21, because=[(11, 0.5, 0.1, 0.1), (10, 0.5, 0.1, 0.1)]),
            row(8, 1, 20, because=[(20, 1.0, 0.1, None)]),
            row(9, 1, 20, because=[(11, 1.0, 0.1, None)]),
        ],
        user_histories=[(7, [11]), (8, [11])],
    ),
    "only_liked_named": Case(
        found={7, 8},
        recommendations=[
            row(7, 1, 21, why=("taste", "as A", [11], 0.25, 0.5)),
            row(7, 2, 22, why=("likes", "for A", [11, 10], 0.25, 0.5)),
            row(8, 1, 20, why=("likes", "for A", [20], None, 0.5)),
            row(9, 1, 20, why=("likes", "for A", [11], None, 0.5)),
        ],
        user_histories=[(7, [11]), (9, [11])],
    ),
    "ranks_contiguous": Case(
        found={7, 8, 9, 10},
        recommendations=[
            *(row(7, 2, 20), row(7, 3, 21)),
            *(row(8, 1, 20), row(8, 3, 21)),
            *(row(9, 1, 20), row(9, 1, 21)),
            row(10, None, 20),
        ],
    ),
    "scores_in_order": Case(
        found={7, 8, 9, 10, 11},
        recommendations=[
            *(row(7, 1, 20, 0.5), row(7, 2, 21, 0.625), row(7, 3, 22, 0.25)),
            *(row(8, 1, 20, NAN), row(8, 2, 21, 0.5)),
            *(row(9, 1, 20, INFINITY), row(9, 2, 21, 0.5)),
            *(row(10, 1, 20, 0.5), row(10, 2, 21, None)),
            *(row(11, 1, 20, 0.5), row(11, 2, 21, -INFINITY)),
        ],
    ),
    "served_in_full": Case(
        found={7, 8, 9, 10, 11},
        recommendations=[
            row(8, 1, 20),
            *(row(9, 1, 20), row(9, 2, 21)),  # without a history, even an empty one
            *(row(10, 1, 20), row(10, 2, 21), row(10, 3, 22)),
            row(11, 1, 20),
        ],
        user_histories=[(7, [10]), (8, [10]), (10, []), (11, [10]), (12, [10])],
        unserved_users=[
            (11, 0, "fewer_unseen_items_than_n"),
            (12, 0, "fewer_unseen_items_than_n"),
        ],
    ),
}
ROW_CASES = {
    "attention_in_order": Case(
        found={(7, 1), (8, 1), (9, 1), (10, 1), (11, 1), (12, 2), (13, 1), (14, 1)},
        recommendations=[
            row(7, 1, 20, because=[(10, 1.5, 0.1, 0.1)]),
            row(8, 1, 20, because=[(10, 0.25, 0.1, 0.1), (11, 0.5, 0.1, 0.1)]),
            row(9, 1, 20, because=[(10, 0.5, 0.1, 0.1), (11, 0.0, 0.1, 0.1)]),
            row(10, 1, 20, because=[(10, NAN, 0.1, 0.1)]),
            row(11, 1, 20, because=[(10, 0.5, NAN, 0.1)]),
            *(row(12, 1, 21), row(12, 2, 20, because=[(10, None, 0.1, 0.1)])),
            row(13, 1, 20, because=[(10, 0.5, None, 0.1)]),
            row(14, 1, 20, because=[(10, None, 0.1, 0.1), (11, 0.5, 0.1, 0.1)]),
        ],
    ),
    "has_reasons": Case(
        found={(7, 2), (9, 1)},
        recommendations=[
            *(row(7, 1, 21), row(7, 2, 20, because=[])),
            row(8, 1, 21),
            row(9, 1, 22, source="popular"),
        ],
    ),
}
REASONS_THAT_FAIL = {
    "an unknown kind": ("luck", "for luck", [], None, 0.25),
    "no kind": (None, "for A", [10], 0.25, 0.5),
    "an empty sentence": ("popularity", "", [], None, 0.25),
    "no sentence": ("popularity", None, [], None, 0.25),
    "likes without one": ("likes", "for A", [], None, 0.25),
    "likes that are null": ("likes", "for A", None, 0.25, 0.5),
    "likes whose item stays": ("likes", "for A", [10], 0.25, 0.25),
    "likes and nothing unlisted": ("likes", "for A", [10], 0.25, None),
    "three likes": ("likes", "for A, B and C", [10, 11, 12], 0.25, 0.5),
    "popularity that names one": ("popularity", "for A", [10], None, 0.25),
    "three of a taste": ("taste", "as A, B and C", [10, 11, 12], 0.25, 0.25),
}
ROW_CASES["reason_holds"] = Case(
    found={(7, rank) for rank in range(1, len(REASONS_THAT_FAIL) + 1)} | {(8, 1)},
    recommendations=[
        *(row(7, n, 20, why=why) for n, why in enumerate(REASONS_THAT_FAIL.values(), start=1)),
        row(8, 1, 20, source="popular", because=(), why=("taste", "as ever", [], None, None)),
        row(8, 2, 20, source="popular", because=()),
        *(row(9, 1, 20, why=("taste", "as ever", [], None, 0.25)), row(9, 2, 21)),
    ],
)
ITEM_CASES = {
    "no_excluded_item": Case(
        found={(None, 30), (None, 32)},
        n_rows=3,
        recommendations=[
            *(row(7, rank, item) for rank, item in ((1, 30), (2, 31), (3, 32), (4, 33))),
            row(8, 1, 30, source="popular", because=()),
        ],
        excluded_items=[
            *((30, None, None), (30, datetime(2026, 3, 1), None)),
            (31, None, datetime(2026, 3, 1)),
            (32, datetime(2026, 2, 28), datetime(2026, 3, 1, 0, 0, 1)),
        ],
    ),
    "only_available_items": Case(
        found={(None, 99), (None, 31), (None, 32)},
        n_rows=3,
        recommendations=[row(7, 1, 99), row(7, 2, 31), row(7, 3, 30), row(7, 4, 32)],
        items=[
            (30, datetime(2026, 2, 28), datetime(2026, 3, 2)),
            (31, datetime(2026, 3, 1, 0, 0, 1), None),
            (32, None, datetime(2026, 3, 1)),
        ],
    ),
    "only_items_of_segment": Case(
        found={("paid", 20), ("ghosts", 10)},
        n_rows=2,
        recommendations=[
            *(row(7, 1, 10), row(7, 2, 20)),
            row(8, 1, 10, source="popular", because=()),
            row(9, 1, 99),
        ],
        user_segments=[(7, "paid"), (8, "ghosts"), (9, None)],
        segment_items=[("paid", 11)],
    ),
}


class Tables:
    """A warehouse of the clean rows and some more."""

    def __init__(self, spark, case: Case | None) -> None:
        self._spark, self._case = spark, case

    def read(self, table: str, version: int = 3):
        assert version == 3
        rows = CLEAN[table] + (getattr(self._case, table) if self._case else [])
        return self._spark.createDataFrame(rows, SCHEMAS[table])


def views(spark, case: Case | None, versions: dict[str, int]):
    """`audited_users` and `audited_items` of a published night."""
    tables = Tables(spark, case)
    rows, unserved = tables.read("recommendations"), tables.read("unserved_users")
    users = published_view(tables, versions, rows, unserved, top_n=2)
    return users, items_view(tables, versions, users, date(2026, 3, 1))


def broken(view, kind: str, name: str) -> list:
    """The rows of a view for which a check's file is true."""
    (path,) = (path for path in sql_files(f"checks/{kind}") if path.stem == name)
    return view.where(F.expr(path.read_text(encoding="utf-8"))).collect()


@pytest.mark.parametrize("name", USER_CASES)
def test_a_check_finds_the_offending_users_and_no_others(spark, name):
    case = USER_CASES[name]
    users, _ = views(spark, case, NEEDED | OPTIONAL)
    found = [row["user_id"] for row in broken(users, "users", name)]
    assert set(found) == case.found
    assert len(found) == len(case.found)


@pytest.mark.parametrize("name", ROW_CASES)
def test_a_check_finds_the_offending_rows_and_no_others(spark, name):
    case = ROW_CASES[name]
    users, items = views(spark, case, NEEDED | OPTIONAL)
    found = [(row["user_id"], row["rank"]) for row in broken(rows_view(users), "rows", name)]
    assert set(found) == case.found
    assert len(found) == len(case.found)
    assert look_at_items(items).n_offending[name] == len(case.found)


@pytest.mark.parametrize("name", ITEM_CASES)
def test_a_check_finds_the_offending_items_and_no_others(spark, name):
    case = ITEM_CASES[name]
    _, items = views(spark, case, NEEDED | OPTIONAL)
    found = [(row["segment"], row["item_id"]) for row in broken(items, "items", name)]
    assert set(found) == case.found
    assert len(found) == len(case.found)
    assert look_at_items(items).n_offending[name] == case.n_rows


@pytest.mark.parametrize("versions", [NEEDED | OPTIONAL, NEEDED], ids=["all tables", "needed ones"])
def test_checks_find_nothing_in_clean_rows_and_count_each_user_once(spark, versions):
    users, items = views(spark, None, versions)
    of_users, of_items = look_at_users(users), look_at_items(items)
    assert of_users.n_offending == dict.fromkeys(USER_CASES, 0)
    assert of_items.n_offending == dict.fromkeys([*ITEM_CASES, *ROW_CASES], 0)
    assert (of_users.n_users, of_users.n_different_users, of_users.n_rows) == (3, 3, 5)
    assert (of_users.n_by_model, of_items.n_items) == (2, 5)
    assert of_items.n_by_reason == {
        **{"rows_by_reason_likes": 2, "rows_by_reason_popularity": 2},
        "rows_by_reason_taste": 1,
    }
    assert of_items.mean_score == pytest.approx((0.5 + 0.5 - 0.5) / 3)


def test_every_check_has_a_case_of_its_own():
    assert sorted([*USER_CASES, *ROW_CASES, *ITEM_CASES]) == check_names()
