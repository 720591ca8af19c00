"""What a file does to rows that are there: new, changed, the same, and what it does not touch."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from mars_model.cli.main import main
from mars_model.errors import InputDataError
from mars_model.importing.import_files import ImportOptions, import_files
from mars_model.importing.imported import Changes, Unknown
from mars_model.settings import load_settings
from mars_model.tables.warehouse import Warehouse
from tests.importing.test_import_files import rows, write

SETTINGS = load_settings()
FULL = ImportOptions(is_full_export=True)


def test_columns_that_a_file_does_not_have_stay_as_they_are(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    items = write(tmp_path / "items.csv", "item_id,title,text", "1,Orbit,space", "2,Salt,food")
    events = write(
        tmp_path / "events.csv", "user_id,item_id,rating,interacted_at", "7,1,4,2026-01-01"
    )
    import_files(warehouse, SETTINGS, items, events)

    ends = write(tmp_path / "ends.csv", "item_id,available_until", "1,2026-03-01", "3,")
    without_ratings = write(
        tmp_path / "later.csv", "user_id,item_id,interacted_at", "7,1,2026-01-01", "7,2,2026-01-02"
    )
    first, second = import_files(warehouse, SETTINGS, ends, without_ratings)
    assert first.changes == Changes(n_new=1, n_changed=1, n_same=0)
    assert second.changes == Changes(n_new=1, n_changed=0, n_same=1)
    found = warehouse.read("items").selectExpr(
        "item_id", "title", "text", "cast(available_until as date) as until"
    )
    assert [(i, t, x, str(u)) for i, t, x, u in rows(found, *found.columns)] == [
        (1, "Orbit", "space", "2026-03-01"),
        (2, "Salt", "food", "None"),
        (3, None, None, "None"),
    ]
    ratings = warehouse.read("interactions").select("item_id", "rating").collect()
    assert sorted(map(tuple, ratings)) == [(1, 4.0), (2, None)]


def test_what_is_not_in_the_file_is_counted_and_only_a_full_export_removes_it(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    whole = write(tmp_path / "whole.csv", "item_id,title", "1,Orbit", "2,Salt", "3,Bread")
    import_files(warehouse, SETTINGS, whole, None)
    less = write(tmp_path / "less.csv", "item_id,title", "1,Orbit", "2,Salt II", "4,Knife")
    (done,) = import_files(warehouse, SETTINGS, less, None)
    assert (done.changes, done.n_not_in_file) == (Changes(1, 1, 1), 1)
    assert [row[0] for row in rows(warehouse.read("items"), "item_id")] == [1, 2, 3, 4]

    (done,) = import_files(warehouse, SETTINGS, less, None, options=FULL)
    assert (done.changes, done.n_not_in_file) == (Changes(0, 0, 3, n_removed=1), 1)
    assert rows(warehouse.read("items"), "item_id", "title") == [
        (1, "Orbit"),
        (2, "Salt II"),
        (4, "Knife"),
    ]


def test_a_bad_file_of_events_leaves_the_items_unwritten(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    items = write(tmp_path / "items.csv", "item_id,title", "1,Orbit")
    events = write(tmp_path / "events.csv", "user_id,item_id", ",1", ",2")
    with pytest.raises(InputDataError, match="user_id is missing: 2 rows"):
        import_files(warehouse, SETTINGS, items, events)
    assert not warehouse.exists("items") and not warehouse.exists("interactions")
    # What was wrong can still be looked at.
    assert warehouse.read("rejected_rows").count() == 2


def test_a_dry_run_writes_nothing_at_all(warehouse: Warehouse, tmp_path: Path) -> None:
    items = write(tmp_path / "items.csv", "item_id,title", "1,Orbit", ",Nothing")
    (done,) = import_files(warehouse, SETTINGS, items, None, options=ImportOptions(is_dry_run=True))
    assert (done.n_good, done.n_rejected, done.changes) == (1, 1, None)
    assert not (tmp_path / "warehouse").exists()


def test_events_of_items_that_nobody_knows_are_counted_and_named(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    items = write(tmp_path / "items.csv", "item_id", "1", "2")
    import_files(warehouse, SETTINGS, items, None)
    more = write(tmp_path / "more.csv", "item_id", "3")
    events = write(
        tmp_path / "events.csv", "user_id,item_id", "7,1", "7,3", "7,8", "8,8", "8,9", "9,10"
    )
    _, done = import_files(warehouse, SETTINGS, more, events)
    assert done.unknown == Unknown(n_items=3, n_events=4, examples=("8", "9", "10"))


def test_ids_of_two_files_get_one_type_that_loses_none(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    items = write(tmp_path / "items.csv", "item_id", "1", "2")
    events = write(tmp_path / "events.csv", "user_id,item_id", "7,1", "7,A1")
    done = import_files(warehouse, SETTINGS, items, events)
    assert [each.n_rejected for each in done] == [0, 0]
    assert warehouse.id_types().item == "string"
    # A later file of floats names the same item, not one called 1.0.
    floats = write(tmp_path / "floats.csv", "user_id,item_id", "8.0,1.0")
    (done,) = import_files(warehouse, SETTINGS, None, floats)
    assert done.unknown is None
    assert rows(warehouse.read("interactions").where("user_id = 8"), "item_id") == [("1",)]


def test_the_command_shows_what_became_of_columns_and_rows(tmp_path: Path, spark) -> None:
    items = write(
        tmp_path / "items.csv", "item_id,Title,price", "1,Orbit,3", "1,Orbit,3", "2,Salt,4"
    )
    arguments = ["--warehouse", str(tmp_path / "w"), "import", "--items", items]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        f"{items} → items: 2 rows new, 0 changed, 0 the same, 1 rejected",
        "  read: item_id, title from 'Title'",
        "  not used: 'price'",
        "  nothing read for: text",
        "  nothing read for: available_from",
        "  nothing read for: available_until",
        "  rejected: repeats item_id: 1 rows, such as "
        + repr('{"item_id":"1","Title":"Orbit","price":"3"}'),
        f"look at them with: mars-batch --warehouse {tmp_path / 'w'} sql "
        '"select * from rejected_rows"',
    ]
    assert CliRunner().invoke(main, ["import", "--interactions", "x", "--replace"]).exit_code == 2
