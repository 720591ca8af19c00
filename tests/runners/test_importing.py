"""Files merged into the source tables; bad rows into rejected_rows."""

from pathlib import Path

import pytest
from pyspark.sql import DataFrame

from mars_model.errors import InputDataError
from mars_model.runners.importing import import_files
from mars_model.settings import load_settings
from mars_model.tables.contracts import IdTypes
from mars_model.tables.warehouse import Warehouse

SETTINGS = load_settings()


def write(path: Path, *lines: str) -> str:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return str(path)


def rows(frame: DataFrame, *columns: str) -> list[tuple]:
    return sorted(tuple(row) for row in frame.select(*columns).collect())


def test_importing_again_changes_no_row_and_rejects_none_twice(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    items = write(tmp_path / "items.csv", "item_id,title", "1,Orbit", "2,Salt", ",Nothing")
    events = write(
        tmp_path / "events.csv",
        "user_id,item_id,rating,timestamp",
        "u1,1,5,1112486027",
        "u1,1,5,1112486027",
        "007,2,,",
        "u2,two,4,",
    )
    first = import_files(warehouse, SETTINGS, items, events)
    assert [(done.table, done.n_good, done.rejected) for done in first] == [
        ("items", 2, {"item_id is missing": 1}),
        (
            "interactions",
            2,
            {"item_id has the wrong type": 1, "repeats user_id, item_id, interacted_at": 1},
        ),
    ]
    assert [done.n_rejected for done in first] == [1, 2]
    assert warehouse.id_types() == IdTypes(item="bigint", user="string")

    assert import_files(warehouse, SETTINGS, items, events) == first
    assert rows(warehouse.read("items"), "item_id", "title") == [(1, "Orbit"), (2, "Salt")]
    found = warehouse.read("interactions").selectExpr(
        "user_id", "item_id", "rating", "cast(interacted_at as string) as at"
    )
    assert sorted(tuple(row) for row in found.collect()) == [
        ("007", 2, None, None),
        ("u1", 1, 5.0, "2005-04-02 23:53:47"),
    ]
    assert rows(warehouse.read("rejected_rows"), "source", "reason") == [
        (events, "item_id has the wrong type"),
        (events, "repeats user_id, item_id, interacted_at"),
        (items, "item_id is missing"),
    ]


def test_a_later_file_updates_items_and_keeps_the_type_of_their_ids(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    settings = load_settings(
        overrides=[
            "sources.item_columns={item_id: sku, title: name}",
            "sources.extra_item_columns=[genres]",
        ]
    )
    first = write(tmp_path / "first.csv", "sku,name,genres", "a1,Orbit,space", "b2,Salt,food")
    later = write(tmp_path / "later.csv", "sku,name,genres", "7,Bread,food", "b2,Salt II,drama")
    import_files(warehouse, settings, first, None)
    import_files(warehouse, settings, later, None)
    # All ids of the second file are numbers, and yet they stay what the table holds.
    assert rows(warehouse.read("items"), "item_id", "title", "genres") == [
        ("7", "Bread", "food"),
        ("a1", "Orbit", "space"),
        ("b2", "Salt II", "drama"),
    ]


def test_real_rows_do_not_mix_with_the_sample(warehouse: Warehouse, tmp_path: Path) -> None:
    items = write(tmp_path / "items.csv", "item_id,title", "1,Orbit")
    warehouse.create("items", IdTypes("bigint", "bigint"))
    warehouse.mark_synthetic()
    with pytest.raises(InputDataError, match="synthetic") as caught:
        import_files(warehouse, SETTINGS, items, None)
    assert "--warehouse" in str(caught.value)
    assert warehouse.read("items").isEmpty()


def test_a_file_without_a_good_row_is_refused_with_its_reasons(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    path = write(tmp_path / "events.csv", "user_id,item_id,rating", ",1,5", "2,,5", ",3,5", "4,4,x")
    with pytest.raises(InputDataError) as caught:
        import_files(warehouse, SETTINGS, None, path)
    message = str(caught.value)
    assert "user_id is missing: 2 rows" in message
    assert "item_id is missing: 1 rows" in message
    assert "rating has the wrong type: 1 rows" in message
    assert not warehouse.exists("interactions")
    assert warehouse.read("rejected_rows").count() == 4


def test_an_empty_file_is_refused(warehouse: Warehouse, tmp_path: Path) -> None:
    header = write(tmp_path / "header.csv", "item_id,title")
    with pytest.raises(InputDataError, match="it is empty"):
        import_files(warehouse, SETTINGS, header, None)
    for name in ("nothing.csv", "nothing.jsonl"):
        with pytest.raises(InputDataError, match="'item_id' not found, it has none"):
            import_files(warehouse, SETTINGS, write(tmp_path / name), None)


def test_a_minimum_rating_needs_ratings(warehouse: Warehouse, tmp_path: Path) -> None:
    settings = load_settings(overrides=["likes.min_rating=4"])
    path = write(tmp_path / "events.csv", "user_id,item_id,stars", "1,2,5")
    with pytest.raises(InputDataError, match=r"interaction_columns\.rating=NAME"):
        import_files(warehouse, settings, None, path)
