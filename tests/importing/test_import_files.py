"""Files merged into the source tables; bad rows into rejected_rows."""

import shutil
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from mars_model.errors import InputDataError
from mars_model.importing.import_files import import_files
from mars_model.importing.imported import Changes, Imported, Unknown
from mars_model.settings import load_settings
from mars_model.tables.contracts import IdTypes
from mars_model.tables.warehouse import Warehouse

SETTINGS = load_settings()


def write(path: Path, *lines: str) -> str:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return str(path)


def rows(frame: DataFrame, *columns: str) -> list[tuple]:
    return sorted(tuple(row) for row in frame.select(*columns).collect())


def counts(done: Imported) -> tuple[str, int, dict[str, int]]:
    return done.table, done.n_good, {reason: r.n for reason, r in done.rejected.items()}


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
    assert [counts(done) for done in first] == [
        ("items", 2, {"item_id is missing": 1}),
        ("interactions", 3, {"repeats user_id, item_id, interacted_at": 1}),
    ]
    assert [done.n_rejected for done in first] == [1, 1]
    assert [done.changes for done in first] == [Changes(2, 0, 0), Changes(3, 0, 0)]
    # One of the events names an item by a word, and no id is lost for its type.
    assert warehouse.id_types() == IdTypes(item="string", user="string")
    assert first[1].unknown == Unknown(1, 1, ("two",))

    again = import_files(warehouse, SETTINGS, items, events)
    assert [counts(done) for done in again] == [counts(done) for done in first]
    assert [done.changes for done in again] == [Changes(0, 0, 2), Changes(0, 0, 3)]
    assert rows(warehouse.read("items"), "item_id", "title") == [("1", "Orbit"), ("2", "Salt")]
    found = warehouse.read("interactions").selectExpr(
        "user_id", "item_id", "rating", "cast(interacted_at as string) as at"
    )
    assert sorted(tuple(row) for row in found.collect()) == [
        ("007", "2", None, None),
        ("u1", "1", 5.0, "2005-04-02 23:53:47"),
        ("u2", "two", 4.0, None),
    ]
    assert rows(warehouse.read("rejected_rows"), "source", "reason") == [
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
    assert "rating is no finite number: 1 rows" in message
    assert not warehouse.exists("interactions")
    assert warehouse.read("rejected_rows").count() == 4


def test_an_empty_file_is_refused(warehouse: Warehouse, tmp_path: Path) -> None:
    header = write(tmp_path / "header.csv", "item_id,title")
    with pytest.raises(InputDataError, match="it is empty"):
        import_files(warehouse, SETTINGS, header, None)
    for name in ("nothing.csv", "nothing.jsonl"):
        with pytest.raises(InputDataError, match="has 0 bytes, not even a heading"):
            import_files(warehouse, SETTINGS, write(tmp_path / name), None)


def test_a_minimum_rating_needs_ratings(warehouse: Warehouse, tmp_path: Path) -> None:
    settings = load_settings(overrides=["likes.min_rating=4"])
    path = write(tmp_path / "events.csv", "user_id,item_id,stars", "1,2,5")
    with pytest.raises(InputDataError, match=r"interaction_columns\.rating=stars"):
        import_files(warehouse, settings, None, path)


@pytest.fixture(scope="module")
def imported(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two items with numbers and two users with names."""
    folder = tmp_path_factory.mktemp("imported")
    items = write(folder / "items.csv", "item_id,title", "1,Orbit", "2,Salt")
    events = write(folder / "events.csv", "user_id,item_id", "u1,1", "u2,2")
    import_files(Warehouse(spark, str(folder / "warehouse")), SETTINGS, items, events)
    return folder / "warehouse"


@pytest.fixture
def with_sources(spark: SparkSession, imported: Path, tmp_path: Path) -> Warehouse:
    """A copy of these for each test."""
    return Warehouse(spark, str(shutil.copytree(imported, tmp_path / "warehouse")))


def import_lists(warehouse: Warehouse, *overrides: str, **lists: str):
    return import_files(warehouse, load_settings(overrides=overrides), None, None, lists)


def test_a_list_replaces_the_one_before_as_a_whole(with_sources: Warehouse, tmp_path: Path) -> None:
    warehouse = with_sources
    first = import_lists(
        warehouse,
        excluded_items=write(tmp_path / "e.csv", "item_id,reason", "1,recalled", "2,"),
        user_segments=write(tmp_path / "u.csv", "user_id,segment", "u1,kids", "u2,paid"),
        segment_items=write(tmp_path / "s.csv", "segment,item_id", "kids,1", "kids,99", "paid,x"),
    )
    no_number = "item_id is no whole number of 64 bits, as the ids in the table are"
    assert [counts(done) for done in first] == [
        ("excluded_items", 2, {}),
        ("segment_items", 2, {no_number: 1}),
        ("user_segments", 2, {}),
    ]
    # Item 99 is not there yet; it belongs to the segment from the night on that knows it.
    assert rows(warehouse.read("segment_items"), "segment", "item_id") == [
        ("kids", 1),
        ("kids", 99),
    ]
    import_lists(
        warehouse,
        excluded_items=write(
            tmp_path / "later.jsonl", '{"item_id": 2, "excluded_until": "2026-03-01"}'
        ),
        user_segments=write(tmp_path / "u.csv", "user_id,segment", "u2,kids"),
    )
    until = "cast(excluded_until as string) as until"
    excluded = warehouse.read("excluded_items").selectExpr("item_id", "reason", until)
    assert rows(excluded, "item_id", "reason", "until") == [(2, None, "2026-03-01 00:00:00")]
    assert rows(warehouse.read("user_segments"), "user_id", "segment") == [("u2", "kids")]
    assert warehouse.read("segment_items").count() == 2


def test_a_header_without_rows_ends_a_list_and_bad_rows_do_not(
    with_sources: Warehouse, tmp_path: Path
) -> None:
    import_lists(with_sources, excluded_items=write(tmp_path / "e.csv", "item_id", "1"))
    with pytest.raises(InputDataError, match="none of its rows keeps the contract of excluded"):
        import_lists(with_sources, excluded_items=write(tmp_path / "bad.csv", "item_id", "one"))
    assert rows(with_sources.read("excluded_items"), "item_id") == [(1,)]
    import_lists(with_sources, excluded_items=write(tmp_path / "e.csv", "item_id"))
    assert rows(with_sources.read("excluded_items"), "item_id") == []


def test_a_user_in_two_segments_leaves_the_table_as_it_was(
    with_sources: Warehouse, tmp_path: Path
) -> None:
    import_lists(with_sources, user_segments=write(tmp_path / "u.csv", "user_id,segment", "u1,a"))
    both = write(tmp_path / "both.csv", "user_id,segment", "u1,b", "u2,b", "u2,b", "u1,a")
    with pytest.raises(InputDataError, match=r"both.csv: 1 users .* user u1: a, b"):
        import_lists(with_sources, user_segments=both)
    assert rows(with_sources.read("user_segments"), "user_id", "segment") == [("u1", "a")]


def test_lists_may_have_columns_of_other_names(with_sources: Warehouse, tmp_path: Path) -> None:
    path = write(tmp_path / "u.csv", "customer,country", "u1,chile")
    with pytest.raises(InputDataError, match=r"columns\.user_id=customer .*segment=country"):
        import_lists(with_sources, user_segments=path)
    override = "sources.user_segment_columns={user_id: customer, segment: country}"
    import_lists(with_sources, override, user_segments=path)
    assert rows(with_sources.read("user_segments"), "user_id", "segment") == [("u1", "chile")]


def test_lists_come_after_what_they_refer_to(warehouse: Warehouse, tmp_path: Path) -> None:
    path = write(tmp_path / "e.csv", "item_id", "1")
    with pytest.raises(InputDataError, match=r"table items: not found.*import --items"):
        import_lists(warehouse, excluded_items=path)
