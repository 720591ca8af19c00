"""Who offends against a gate, found by sql/gates over rows written by hand."""

from datetime import UTC, date, datetime

import pytest

from mars_model.night.checks import Failure
from mars_model.night.refuse import literal, name_offending, query_of
from mars_model.night.runs import Run
from mars_model.resources import sql_files
from mars_model.settings import audit_gates
from mars_model.tables.queries import answer
from mars_model.tables.warehouse import Warehouse
from tests.night.conftest import put_rows

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
LAST = Run("2026-03-02-aa", MONDAY, "one", "published", 2, 1, {}, gates={"validation_map": 0.3})
NOW = Run("2026-03-03-bb", TUESDAY, "two", "audit_failed", 2, 1, {}, gates={"validation_map": 0.1})
# User, items, their score, source: user 1 lost both items, user 2 one, user 3 the model.
BEFORE = [(1, (10, 11), 2.0, "mars"), (2, (10, 12), 2.0, "mars"), (3, (13, 14), 1.0, "mars")]
AFTER = [(1, (13, 14), 2.5, "mars"), (2, (10, 13), 5.0, "mars"), (3, (13, 14), 9.0, "popular")]
OFFENDING = {
    "catalogue_share": [
        {"item_id": 13, "n_rows": 3},
        {"item_id": 14, "n_rows": 2},
        {"item_id": 10, "n_rows": 1},
    ],
    "overlap": [
        {"user_id": 1, "n_again": 0, "n_before": 2},
        {"user_id": 2, "n_again": 1, "n_before": 2},
        {"user_id": 3, "n_again": 2, "n_before": 2},
    ],
    "score_shift": [
        {"user_id": 2, "mean_score_before": 2.0, "mean_score": 5.0},
        {"user_id": 1, "mean_score_before": 2.0, "mean_score": 2.5},
    ],
    "fallback_share": [{"user_id": 3, "n_likes": 4}],
    "fallback_rise": [{"user_id": 3, "had_a_list_of_the_model": True}],
    "input_age_days": [
        {"user_id": 2, "item_id": 12, "interacted_at": datetime(2026, 3, 2, 23, tzinfo=UTC)},
        {"user_id": 1, "item_id": 11, "interacted_at": datetime(2026, 2, 1, tzinfo=UTC)},
    ],
}
OFFENDING["overlap_across_models"] = OFFENDING["overlap"]


def rows(run: Run, lists: list[tuple]) -> list[dict]:
    same = {"run_date": run.run_date, "run_id": run.run_id, "model_version": run.model_version}
    return [
        {**same, "user_id": user, "rank": rank, "item_id": item, "score": score, "source": source}
        for user, items, score, source in lists
        for rank, item in enumerate(items, start=1)
    ]


@pytest.fixture(scope="module")
def refused(spark, tmp_path_factory) -> Warehouse:
    """A refused Tuesday, Monday's published night, and rows of other runs beside them."""
    warehouse = Warehouse(spark, str(tmp_path_factory.mktemp("refused") / "wh"))
    liked = [
        (1, 11, datetime(2026, 2, 1, tzinfo=UTC)),
        (2, 12, datetime(2026, 3, 2, 23, tzinfo=UTC)),
    ]
    too_late = (1, 10, datetime(2026, 3, 3, tzinfo=UTC))
    put_rows(warehouse, "items", [{"item_id": 10}])
    events = [
        {"user_id": user, "item_id": item, "interacted_at": at}
        for user, item, at in [*liked, too_late, (3, 10, None)]
    ]
    put_rows(warehouse, "interactions", events)
    put_rows(warehouse, "user_histories", [{"user_id": 3, "item_ids": [1, 2, 3, 4], "n_items": 4}])
    older = Run("2026-03-01-cc", date(2026, 3, 1), "one", "published", 2, 1, {})
    put_rows(warehouse, "recommendations", [*rows(LAST, BEFORE), *rows(older, AFTER)])
    put_rows(warehouse, "recommendations_staged", [*rows(NOW, AFTER), *rows(older, BEFORE)])
    return warehouse


@pytest.mark.parametrize("gate", sorted(OFFENDING))
def test_a_gate_names_who_offends_most_and_the_query_that_finds_them(refused, gate):
    found = name_offending(refused, NOW, Failure(gate, 0, "is beyond"), LAST)
    assert list(found.examples) == OFFENDING[gate]
    again = answer(refused.spark, found.sql, 10)
    assert [dict(zip(again.columns, row, strict=True)) for row in again.rows][:3] == OFFENDING[gate]
    assert "\n" not in found.sql


def test_a_worse_model_is_named_with_the_one_before():
    found = name_offending(Warehouse(None, "nowhere"), NOW, Failure("map_loss", 0, "is .67"), LAST)
    assert found.examples == (
        {"model_version": "two", "MAP@500": 0.1},
        {"model_version": "one", "MAP@500": 0.3},
    )


def test_every_gate_that_judges_names_somebody():
    judging = {name for name, gate in audit_gates().items() if not gate.is_check}
    assert judging == {*OFFENDING, "map_loss"}
    assert {path.stem for path in sql_files("gates")} <= judging


def test_the_users_that_a_check_found_are_looked_up_by_their_ids_whatever_these_hold(refused):
    query = query_of("recommendations_staged", NOW, [{"user_id": 1, "rank": 2}, {"user_id": 3}])
    found = answer(refused.spark, query, 10)
    at = [found.columns.index(name) for name in ("run_id", "user_id", "rank")]
    assert [tuple(row[i] for i in at) for row in found.rows] == [
        (NOW.run_id, user, rank) for user in (1, 3) for rank in (1, 2)
    ]
    odd = "o'n\\eil\"; drop"
    assert refused.spark.sql(f"select {literal(odd)}").collect()[0][0] == odd
    assert query_of("t", NOW, [{"segment": None}]) == ""
