"""The copy of item_neighbours beside the bundles: what is opened is what the table holds."""

from pathlib import Path

import numpy as np
import pytest

from mars_model.night import kept_lists as module
from mars_model.night.kept_lists import TABLE, kept_lists
from mars_model.scoring.catalogue import Catalogue
from mars_model.tables.contracts import IdTypes, schema
from mars_model.tables.warehouse import Warehouse

NONE = np.zeros(0, dtype=np.int64)
IDS = IdTypes("bigint", "bigint")
# Items 10, 20 and 30; each liked one has the other two, and no more was there to leave out.
ROWS = [
    ("m-1", 10, [30, 20], [0.75, 0.5], None, -0.5, 0.75),
    ("m-1", 20, [10, 30], [0.5, 0.25], None, 0.25, 0.5),
]


@pytest.fixture
def warehouse(spark, tmp_path) -> Warehouse:
    held = Warehouse(spark, str(tmp_path / "wh"))
    write(held, ROWS)
    return held


def write(warehouse: Warehouse, rows: list[tuple]) -> None:
    warehouse.create(TABLE, IDS)
    warehouse.overwrite(TABLE, warehouse.spark.createDataFrame(rows, schema(TABLE, IDS)))


def catalogue_of(item_ids: list[int], candidates: list[int] | None = None) -> Catalogue:
    vectors = np.zeros((len(item_ids), 2), dtype=np.float32)
    everything = Catalogue.of_vectors(vectors, vectors, np.zeros(len(item_ids), dtype=np.float32))
    named = Catalogue(**{**vars(everything), "item_ids": np.array(item_ids)})
    return named if candidates is None else named.with_candidates(np.array(candidates))


def kept_folders(models: Path) -> list[str]:
    return sorted(path.name for path in (models / ".lists").iterdir())


def neighbours(lists, item_idx: int) -> list[int]:
    return lists.neighbours[lists.row_of_item[item_idx]].tolist()


def assert_holds_rows(lists) -> None:
    assert lists.row_of_item[2] == -1
    assert neighbours(lists, 0) == [2, 1] and neighbours(lists, 1) == [0, 2]
    rows = lists.row_of_item[:2]
    assert lists.values[rows].tolist() == [[0.75, 0.5], [0.5, 0.25]]
    assert np.isneginf(lists.floors).all()
    assert lists.lowest[rows].tolist() == [-0.5, 0.25]
    assert lists.highest[rows].tolist() == [0.75, 0.5]


def test_a_second_night_opens_the_copy_and_reads_no_table(warehouse, tmp_path, monkeypatch):
    assert_holds_rows(kept_lists(warehouse, tmp_path, catalogue_of([10, 20, 30]), NONE))

    def read(*args: object) -> None:
        raise AssertionError("the table was read")

    monkeypatch.setattr(module, "lists_of_rows", read)
    assert_holds_rows(kept_lists(warehouse, tmp_path, catalogue_of([10, 20, 30]), NONE))


def test_items_that_are_no_candidates_leave_their_places_empty(warehouse, tmp_path):
    night = catalogue_of([10, 20, 30], candidates=[1, 2])
    for _ in range(2):  # from the table, and from the copy
        lists = kept_lists(warehouse, tmp_path, night, NONE)
        assert neighbours(lists, 0) == [1, 0] and neighbours(lists, 1) == [-1, 1]


def test_items_with_other_vectors_are_left_to_be_scored_beside_the_lists(warehouse, tmp_path):
    night = catalogue_of([10, 20, 30], candidates=[1, 2])
    lists = kept_lists(warehouse, tmp_path, night, np.array([0, 2]))
    assert lists.row_of_item[0] == lists.row_of_item[2] == -1
    assert neighbours(lists, 1) == [-1, -1]
    assert lists.uncovered.tolist() == [1]  # item 30; item 10 is no candidate
    assert len(kept_lists(warehouse, tmp_path, night, NONE).uncovered) == 0


def test_other_items_find_their_places_in_the_copy(warehouse, tmp_path, monkeypatch):
    kept_lists(warehouse, tmp_path, catalogue_of([10, 20, 30]), NONE)
    monkeypatch.setattr(module, "lists_of_rows", None)  # the table is not read again
    wider = kept_lists(warehouse, tmp_path, catalogue_of([5, 10, 20, 25, 30]), NONE)
    assert wider.row_of_item[[0, 3, 4]].tolist() == [-1, -1, -1]
    assert neighbours(wider, 1) == [4, 2] and neighbours(wider, 2) == [1, 4]
    narrower = kept_lists(warehouse, tmp_path, catalogue_of([10, 30]), NONE)
    assert len(narrower.row_of_item) == 2 and neighbours(narrower, 0) == [1, -1]


def test_other_rows_are_read_anew_and_only_the_newest_are_kept(warehouse, tmp_path):
    kept_lists(warehouse, tmp_path, catalogue_of([10, 20, 30]), NONE)
    first = kept_folders(tmp_path)
    write(warehouse, [("m-2", 10, [20], [0.25], 0.125, 0.0, 0.25)])
    changed = kept_lists(warehouse, tmp_path, catalogue_of([5, 10, 20, 30]), NONE)
    assert neighbours(changed, 1) == [2] and changed.floors.tolist() == [0.125]
    second = kept_folders(tmp_path)
    assert len(first) == len(second) == 1 and first != second


def test_a_table_made_again_with_as_many_commits_is_another_one(warehouse, tmp_path, spark):
    kept_lists(warehouse, tmp_path / "models", catalogue_of([10, 20, 30]), NONE)
    other = Warehouse(spark, str(tmp_path / "other"))
    write(other, [("m-2", 30, [10], [0.5], None, 0.0, 0.5)])
    assert other.version(TABLE) == warehouse.version(TABLE)
    lists = kept_lists(other, tmp_path / "models", catalogue_of([10, 20, 30]), NONE)
    assert lists.row_of_item.tolist() == [-1, -1, 0]


def test_a_broken_copy_is_replaced(warehouse, tmp_path):
    kept_lists(warehouse, tmp_path, catalogue_of([10, 20, 30]), NONE)
    (name,) = kept_folders(tmp_path)
    broken = tmp_path / ".lists" / name / "values.npy"
    whole = broken.read_bytes()
    broken.write_bytes(whole[:-4])
    assert_holds_rows(kept_lists(warehouse, tmp_path, catalogue_of([10, 20, 30]), NONE))
    assert broken.read_bytes() == whole


def test_a_place_that_takes_no_files_does_not_stop_the_night(warehouse, tmp_path):
    (tmp_path / ".lists").write_text("in the way")
    assert_holds_rows(kept_lists(warehouse, tmp_path, catalogue_of([10, 20, 30]), NONE))
