"""One user's list from the tables' files has the rows that Spark finds in the view."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from mars_model.errors import InputDataError
from mars_model.night.read_lists import read_lists, read_unserved_reason
from mars_model.tables import delta_files
from mars_model.tables.contracts import IdTypes
from mars_model.tables.views import register_views
from mars_model.tables.warehouse import Warehouse
from tests.conftest import Night

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
USERS = [str(user_id) for user_id in range(1, 11)]


def rows_of_view(warehouse: Warehouse, condition: str = "true") -> list[list[tuple[str, Any]]]:
    """The view's rows by Spark, as columns and values in order."""
    register_views(warehouse)
    view = warehouse.spark.table("recommendation_reasons").where(condition)
    rows = view.orderBy("user_id", "rank").collect()
    return [list(row.asDict(recursive=True).items()) for row in rows]


def rows_read(warehouse: Warehouse, *user_ids: str) -> list[list[tuple[str, Any]]]:
    return [list(row.items()) for row in read_lists(warehouse, user_ids)]


@pytest.fixture
def without_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    """No session can be opened."""
    monkeypatch.setattr("mars_model.tables.warehouse.open_session", None)


def test_every_user_of_a_night_has_the_rows_of_the_view(night: Night, without_spark: None) -> None:
    expected = rows_of_view(night.warehouse)
    files = Warehouse(None, night.warehouse.path)
    assert len(expected) > 30
    assert rows_read(files, *USERS) == expected
    one_by_one = [row for user_id in USERS for row in rows_read(files, user_id)]
    assert one_by_one == expected


def test_a_table_with_deletion_vectors_gives_the_rows_that_are_left(
    night: Night, tmp_path: Path
) -> None:
    path = tmp_path / "w"
    for table in ("items", "recommendations"):
        shutil.copytree(Path(night.warehouse.path) / table, path / table)
    warehouse = Warehouse(night.warehouse.spark, str(path))
    name = f"delta.`{warehouse.location('recommendations')}`"
    sql = warehouse.spark.sql
    sql(f"alter table {name} set tblproperties ('delta.enableDeletionVectors' = 'true')")
    sql(f"delete from {name} where user_id = 1 and rank = 2")
    assert delta_files.open_table(path / "recommendations", None) is None
    read = rows_read(warehouse, *USERS)
    assert read == rows_of_view(warehouse)
    assert [dict(row)["rank"] for row in read if dict(row)["user_id"] == 1] == [1, 3, 4]


@pytest.fixture(scope="module")
def shop(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Two nights for users and items whose ids are texts; user 8 was left out on Tuesday."""
    warehouse = Warehouse(spark, str(tmp_path_factory.mktemp("shop")))
    ids = IdTypes("string", "string")
    for table in ("items", "recommendations", "recommendation_runs", "unserved_users"):
        warehouse.create(table, ids)
    titles = {"A": "Salt", "B": " Comet\t ", "C": "  ", "D": None}
    warehouse.append("items", [{"item_id": i, "title": title} for i, title in titles.items()])
    because = [("C", 0.5, 0.25, 0.5), ("A", 0.25, 0.125, 0.75), ("Z", 0.25, 0.5, None)]
    names = ("item_id", "attention", "contribution", "score_without")
    reasons = [dict(zip(names, reason, strict=True)) for reason in because]
    rows = [
        (MONDAY, "7", 1, "A", "mars", [], None, None),
        (TUESDAY, "7", 2, "D", "popular", [], "popularity", "popular with everyone"),
        (TUESDAY, "7", 1, "B", "mars", reasons, "likes", "because you liked Salt"),
        (TUESDAY, "07", 1, "C", "popular", None, "popularity", "popular with everyone"),
        (TUESDAY, "9", 1, "A", "mars", reasons[1:2], None, None),
    ]
    columns = ("run_date", "user_id", "rank", "item_id", "source", "because")
    columns += ("reason_kind", "reason")
    same = {"run_id": "t", "model_version": "mars-1", "score": 0.5}
    warehouse.append(
        "recommendations", [same | dict(zip(columns, row, strict=True)) for row in rows]
    )
    runs = [("m", MONDAY, "published"), ("t", TUESDAY, "published"), ("u", TUESDAY, "superseded")]
    columns = ("run_id", "run_date", "status")
    warehouse.append("recommendation_runs", [dict(zip(columns, run, strict=True)) for run in runs])
    left_out = [("m", "7", "first night"), ("t", "8", "no candidates"), ("u", "9", "no candidates")]
    columns = ("run_id", "user_id", "reason")
    warehouse.append("unserved_users", [dict(zip(columns, row, strict=True)) for row in left_out])
    return warehouse


def test_a_row_names_titles_and_reasons_of_the_newest_night(
    shop: Warehouse, without_spark: None
) -> None:
    first, second = read_lists(Warehouse(None, shop.path), ["7"])
    assert first == {
        **{"run_date": TUESDAY, "user_id": "7", "rank": 1, "item_id": "B", "title": "Comet\t"},
        **{"score": 0.5, "source": "mars"},
        **{"reason_kind": "likes", "reason": "because you liked Salt"},
        "because_titles": [
            {
                **{"position": 0, "item_id": "C", "title": "C", "attention": 0.5},
                **{"contribution": 0.25, "score_without": 0.5},
            },
            {
                **{"position": 1, "item_id": "A", "title": "Salt", "attention": 0.25},
                **{"contribution": 0.125, "score_without": 0.75},
            },
            {
                **{"position": 2, "item_id": "Z", "title": "Z", "attention": 0.25},
                **{"contribution": 0.5, "score_without": None},
            },
        ],
    }
    assert (second["rank"], second["title"], second["because_titles"]) == (2, "D", None)
    assert (second["reason_kind"], second["reason"]) == ("popularity", "popular with everyone")


def test_ids_that_are_texts_are_found_as_they_are_written(shop: Warehouse) -> None:
    assert rows_read(shop, "07") == rows_of_view(shop, "user_id = '07'")
    assert rows_read(shop, "9", "7", "none") == rows_of_view(shop, "user_id in ('7', '9')")
    assert rows_read(shop, "7 ") == []


@pytest.mark.parametrize("user_id", ["01", "+1", "1 ", "1.0", "one", "", "9" * 19, "9" * 5000])
def test_a_text_that_no_number_is_written_as_finds_nobody(night: Night, user_id: str) -> None:
    assert read_lists(Warehouse(None, night.warehouse.path), [user_id]) == []


def test_the_reason_for_an_empty_list_is_that_of_the_latest_published_run(
    shop: Warehouse, without_spark: None
) -> None:
    files = Warehouse(None, shop.path)
    assert [read_unserved_reason(files, user_id) for user_id in ("7", "8", "9")] == [
        *(None, "no candidates", None)
    ]


def test_without_a_published_night_it_says_what_makes_one(tmp_path: Path) -> None:
    files = Warehouse(None, str(tmp_path))
    with pytest.raises(InputDataError, match=r"recommendations: not found .*mars-batch nightly"):
        read_lists(files, ["1"])
    assert read_unserved_reason(files, "1") is None
