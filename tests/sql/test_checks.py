"""Every file of sql/checks finds offending rows made by hand, and nothing else."""

import math
from dataclasses import dataclass, field
from datetime import date, datetime

import pytest

from mars_model.resources import sql_files

REASON = "struct<item_id: bigint, attention: float, contribution: float, score_without: float>"
SCHEMAS = {
    "checked_recommendations": (
        "user_id bigint, rank int, item_id bigint, score float, source string, "
        f"because array<{REASON}>"
    ),
    "checked_unserved": "run_id string, user_id bigint, n_rows int, reason string",
    "checked_histories": "user_id bigint, item_ids array<bigint>, n_items int",
    "checked_items": "item_id bigint, available_from timestamp, available_until timestamp",
    "checked_run": "run_id string, run_date date, top_n int",
    "checked_excluded_items": "item_id bigint, excluded_from timestamp, excluded_until timestamp",
    "checked_user_segments": "user_id bigint, segment string",
    "checked_segment_items": "segment string, item_id bigint",
}
NAN, INFINITY = math.nan, math.inf


def row(user_id, rank, item_id, score=0.5, because=((10, 0.5, 0.25, 0.5),), source="mars"):
    """A recommendation; only what a case is about need be said."""
    return (user_id, rank, item_id, score, source, list(because))


# User 1 has a full list of two, user 2 liked nothing, user 3 saw all but one item.
CLEAN = {
    "checked_recommendations": [
        row(1, 1, 20, 0.5, [(10, 0.75, 0.5, 0.25), (11, 0.25, 0.0, None)]),
        row(1, 2, 21, 0.5, [(10, 0.5, 0.25, 0.25), (11, 0.5, 0.25, 0.25)]),
        row(2, 1, 10, 9.0, [], "popular"),
        row(2, 2, 11, 8.0, [], "popular"),
        row(3, 1, 22, -0.5, [(20, 1.0, -0.5, None)]),
    ],
    "checked_unserved": [("r", 3, 1, "fewer_unseen_items_than_n")],
    "checked_histories": [(1, [10, 11], 2), (2, [], 0), (3, [10, 11, 20, 21], 4)],
    "checked_items": [
        (10, None, None),
        (11, datetime(2026, 3, 1), None),
        (20, None, datetime(2026, 3, 1, 0, 0, 1)),
        (21, None, None),
        (22, None, None),
    ],
    "checked_run": [("r", date(2026, 3, 1), 2)],
    # Exclusions that are over, that begin a second later, and of an item that nobody got.
    "checked_excluded_items": [
        (20, None, datetime(2026, 3, 1)),
        (21, datetime(2026, 3, 1, 0, 0, 1), None),
        (99, None, None),
    ],
    # User 1 may get both items of the list; users 2 and 3 may get everything.
    "checked_user_segments": [(1, "kids")],
    "checked_segment_items": [("kids", 20), ("kids", 21), ("kids", 22), ("paid", 10)],
}


@dataclass(frozen=True)
class Case:
    """Rows beside the clean ones, and what the check must say of them by `columns`."""

    columns: tuple[str, ...]
    found: set[tuple]
    recommendations: list[tuple] = field(default_factory=list)
    histories: list[tuple] = field(default_factory=list)
    items: list[tuple] = field(default_factory=list)
    unserved: list[tuple] = field(default_factory=list)
    excluded_items: list[tuple] = field(default_factory=list)
    user_segments: list[tuple] = field(default_factory=list)
    segment_items: list[tuple] = field(default_factory=list)


CASES = {
    "attention_in_order": Case(
        columns=("user_id", "rank", "position"),
        found={(7, 1, 0), (7, 2, 1), (7, 3, 1), (7, 4, 0), (7, 5, 0), (7, 6, 0), (7, 7, 0)},
        recommendations=[
            row(7, 1, 20, because=[(10, 1.5, 0.1, 0.1)]),
            row(7, 2, 20, because=[(10, 0.25, 0.1, 0.1), (11, 0.5, 0.1, 0.1)]),
            row(7, 3, 20, because=[(10, 0.5, 0.1, 0.1), (11, 0.0, 0.1, 0.1)]),
            row(7, 4, 20, because=[(10, NAN, 0.1, 0.1)]),
            row(7, 5, 20, because=[(10, 0.5, NAN, 0.1)]),
            row(7, 6, 20, because=[(10, None, 0.1, 0.1)]),
            row(7, 7, 20, because=[(10, 0.5, None, 0.1)]),
        ],
    ),
    "has_reasons": Case(
        columns=("user_id", "rank"),
        found={(7, 1), (7, 3)},
        recommendations=[
            row(7, 1, 20, because=[]),
            row(7, 2, 21),
            row(7, 3, 22, source="popular"),
        ],
    ),
    "no_excluded_item": Case(
        columns=("user_id", "rank", "item_id"),
        found={(7, 1, 30), (7, 3, 32), (8, 1, 30)},
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
    "no_liked_item": Case(
        columns=("user_id", "rank", "item_id"),
        found={(7, 2, 20), (8, 1, 11)},
        recommendations=[row(7, 1, 10), row(7, 2, 20), row(8, 1, 11), row(8, 2, 20)],
        histories=[(7, [21, 20], 2), (8, [11], 1)],
    ),
    "no_repeated_item": Case(
        columns=("user_id", "item_id", "n_rows"),
        found={(7, 20, 2), (8, 10, 3)},
        recommendations=[
            *(row(7, 1, 20), row(7, 2, 21), row(7, 3, 20)),
            *(row(8, rank, 10) for rank in (1, 2, 3)),
        ],
    ),
    "only_available_items": Case(
        columns=("user_id", "rank", "item_id"),
        found={(7, 1, 99), (7, 2, 31), (7, 4, 32)},
        recommendations=[row(7, 1, 99), row(7, 2, 31), row(7, 3, 30), row(7, 4, 32)],
        items=[
            (30, datetime(2026, 2, 28), datetime(2026, 3, 2)),
            (31, datetime(2026, 3, 1, 0, 0, 1), None),
            (32, None, datetime(2026, 3, 1)),
        ],
    ),
    "only_liked_reasons": Case(
        columns=("user_id", "rank", "item_id"),
        found={(7, 1, 10), (7, 2, 20), (8, 1, 11)},
        recommendations=[
            row(7, 1, 21, because=[(11, 0.5, 0.1, 0.1), (10, 0.5, 0.1, 0.1)]),
            row(7, 2, 20, because=[(20, 1.0, 0.1, None)]),
            row(8, 1, 20, because=[(11, 1.0, 0.1, None)]),
        ],
        histories=[(7, [11], 1)],
    ),
    "only_items_of_segment": Case(
        columns=("user_id", "rank", "item_id", "segment"),
        found={(7, 2, 20, "paid"), (8, 1, 10, "ghosts")},
        recommendations=[
            *(row(7, 1, 10), row(7, 2, 20)),
            row(8, 1, 10, source="popular", because=()),
            row(9, 1, 99),
        ],
        user_segments=[(7, "paid"), (8, "ghosts"), (9, None)],
        segment_items=[("paid", 11)],
    ),
    "ranks_contiguous": Case(
        columns=("user_id",),
        found={(7,), (8,), (9,), (10,)},
        recommendations=[
            *(row(7, 2, 20), row(7, 3, 21)),
            *(row(8, 1, 20), row(8, 3, 21)),
            *(row(9, 1, 20), row(9, 1, 21)),
            *(row(10, None, 20),),
        ],
    ),
    "scores_in_order": Case(
        columns=("user_id", "rank"),
        found={(7, 2), (8, 1), (9, 1), (9, 2), (10, 2)},
        recommendations=[
            *(row(7, 1, 20, 0.5), row(7, 2, 21, 0.625), row(7, 3, 22, 0.25)),
            *(row(8, 1, 20, NAN), row(8, 2, 21, 0.5)),
            *(row(9, 1, 20, INFINITY), row(9, 2, 21, -INFINITY)),
            *(row(10, 1, 20, 0.5), row(10, 2, 21, None)),
        ],
    ),
    "served_in_full": Case(
        columns=("user_id", "is_known", "n_rows"),
        found={(7, True, 0), (8, True, 1), (9, False, 2), (10, True, 3), (11, True, 1)},
        recommendations=[
            row(8, 1, 20),
            *(row(9, 1, 20), row(9, 2, 21)),
            *(row(10, 1, 20), row(10, 2, 21), row(10, 3, 22)),
            row(11, 1, 20),
        ],
        histories=[(7, [10], 1), (8, [10], 1), (10, [], 0), (11, [10], 1), (12, [10], 1)],
        unserved=[
            ("r", 11, 0, "fewer_unseen_items_than_n"),
            ("r", 12, 0, "fewer_unseen_items_than_n"),
        ],
    ),
}


def run_check(spark, name: str, extra: dict[str, list[tuple]]) -> list:
    """The rows that a check returns over the clean rows and some more."""
    for view, schema in SCHEMAS.items():
        rows = CLEAN[view] + extra.get(view, [])
        spark.createDataFrame(rows, schema).createOrReplaceTempView(view)
    (path,) = (path for path in sql_files("checks") if path.stem == name)
    return spark.sql(path.read_text(encoding="utf-8")).collect()


@pytest.mark.parametrize("name", [path.stem for path in sql_files("checks")])
def test_a_check_returns_the_offending_rows_and_no_others(spark, name):
    case = CASES[name]
    extra = {
        f"checked_{view}": getattr(case, view)
        for view in (
            *("recommendations", "histories", "items", "unserved"),
            *("excluded_items", "user_segments", "segment_items"),
        )
    }
    rows = run_check(spark, name, extra)
    found = [tuple(row[column] for column in case.columns) for row in rows]
    assert set(found) == case.found
    assert len(found) == len(case.found)


@pytest.mark.parametrize("name", [path.stem for path in sql_files("checks")])
def test_a_check_returns_nothing_for_clean_rows(spark, name):
    assert run_check(spark, name, {}) == []


def test_every_case_belongs_to_a_check():
    assert set(CASES) == {path.stem for path in sql_files("checks")}
