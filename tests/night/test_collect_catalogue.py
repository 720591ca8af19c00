"""The catalogue of a night: its arrays, who likes what, and what each segment may get of it."""

from types import SimpleNamespace

import numpy as np
import pytest

from mars_model.errors import InputDataError
from mars_model.features.eligibility import Segments
from mars_model.night import collect_catalogue
from mars_model.night.collect_catalogue import (
    allow_segments,
    catalogue_of,
    items_with_vectors,
    measure_histories,
)
from mars_model.scoring.memory_plan import Work
from mars_model.tables.contracts import IdTypes
from mars_model.tables.warehouse import Warehouse
from tests.night.conftest import put_rows

TEXT_IDS = IdTypes("string", "string")
TABLES = ("items", "interactions", "item_documents", "item_vectors", "user_histories")
ITEMS = ("c", "b10", "a", "b9")


def vectors_of(model: str, item: str, vector: list[float], text: str = "") -> dict:
    return {
        "model_version": model,
        "item_id": item,
        "text_hash": text or f"text of {item}",
        "item_vector": vector,
        "memory_vector": [-value for value in vector],
        "item_bias": 2 * vector[0],
    }


@pytest.fixture
def warehouse(spark, tmp_path) -> Warehouse:
    """Four documents, all with vectors of model m-1, and two of another model."""
    held = Warehouse(spark, str(tmp_path / "wh"))
    documents = [{"item_id": item, "text_hash": f"text of {item}"} for item in ITEMS]
    vectors = [
        vectors_of("m-1", "b10", [0.5, 0.25]),
        vectors_of("m-0", "a", [0.875, 0.875]),
        vectors_of("m-1", "c", [0.75, 0.5]),
        vectors_of("m-1", "b9", [0.25, 0.75]),
        vectors_of("m-1", "a", [0.0, 0.125]),
        vectors_of("m-0", "zebra", [0.875, 0.875]),
    ]
    histories = [
        {"user_id": "u", "item_ids": ["b9", "gone", "b10"], "n_items": 3},
        {"user_id": "v", "item_ids": [], "n_items": 0},
        {"user_id": "w", "item_ids": ["b9"], "n_items": 1},
    ]
    put_rows(held, "items", [], TEXT_IDS)
    put_rows(held, "interactions", [], TEXT_IDS)
    put_rows(held, "item_documents", documents)
    put_rows(held, "item_vectors", vectors)
    put_rows(held, "user_histories", histories)
    return held


@pytest.fixture
def bundle(tmp_path) -> SimpleNamespace:
    """What the arrays need of a bundle where nothing is encoded."""
    return SimpleNamespace(model_version="m-1", folder=tmp_path / "models" / "m-1")


def test_the_arrays_are_sorted_by_item_id_and_hold_the_vectors_of_the_model(warehouse, bundle):
    pin, found = items_with_vectors(warehouse, bundle, warehouse.pin(*TABLES))
    assert pin == warehouse.pin(*TABLES)
    assert found.item_ids.tolist() == ["a", "b10", "b9", "c"]
    assert found.vectors.tolist() == [[0.0, 0.125], [0.5, 0.25], [0.25, 0.75], [0.75, 0.5]]
    assert found.memory.tolist() == [[0.0, -0.125], [-0.5, -0.25], [-0.25, -0.75], [-0.75, -0.5]]
    assert found.item_bias.tolist() == [0.0, 1.0, 0.5, 1.5]
    catalogue = catalogue_of(found)
    assert catalogue.candidate_idx.tolist() == [0, 1, 2, 3]
    assert catalogue.allowed.tolist() == [[True, True, True, True]]


def test_a_second_night_maps_the_arrays_and_reads_no_vector(warehouse, bundle, monkeypatch):
    pin, first = items_with_vectors(warehouse, bundle, warehouse.pin(*TABLES))
    monkeypatch.setattr(collect_catalogue, "_collect", None)
    monkeypatch.setattr(collect_catalogue, "encode_missing", None)
    again, second = items_with_vectors(warehouse, bundle, pin)
    assert again == pin
    for name in ("item_ids", "vectors", "memory", "item_bias"):
        assert isinstance(getattr(second, name), np.memmap)
        assert getattr(second, name).tolist() == getattr(first, name).tolist()


def test_other_vectors_make_other_arrays_and_only_the_newest_are_kept(warehouse, bundle):
    items_with_vectors(warehouse, bundle, warehouse.pin(*TABLES))
    put_rows(warehouse, "item_vectors", [vectors_of("m-1", item, [0.5, 0.5]) for item in ITEMS])
    _, found = items_with_vectors(warehouse, bundle, warehouse.pin(*TABLES))
    assert found.vectors.tolist() == [[0.5, 0.5]] * 4
    assert len(list((bundle.folder.parent / ".items").iterdir())) == 1


def test_an_item_without_vectors_of_its_text_stops_the_night_with_a_sentence(
    warehouse, bundle, monkeypatch
):
    rows = [vectors_of("m-1", "a", [0.5]), vectors_of("m-1", "c", [0.5], "an older text")]
    put_rows(warehouse, "item_vectors", rows)
    monkeypatch.setattr(collect_catalogue, "encode_missing", lambda *where: (where[2], 0))
    with pytest.raises(InputDataError, match=r"3 of 4 items have no vector.*mars-batch encode"):
        items_with_vectors(warehouse, bundle, warehouse.pin(*TABLES))


@pytest.mark.parametrize("by_spark", [False, True])
def test_work_and_likes_are_counted_over_all_histories(
    warehouse, make_catalogue, monkeypatch, by_spark
):
    if by_spark:
        monkeypatch.setattr(Warehouse, "read_batches", lambda *_: None)
    vectors = np.zeros((4, 2), dtype=np.float32)
    catalogue = make_catalogue(vectors, vectors, item_ids=["a", "b10", "b9", "c"])
    work, n_likes = measure_histories(warehouse, warehouse.pin(*TABLES), catalogue)
    assert work == Work(n_users=3, n_likes=4, longest=3)
    assert n_likes.tolist() == [0, 1, 2, 0]
    put_rows(warehouse, "user_histories", [])
    work, n_likes = measure_histories(warehouse, warehouse.pin(*TABLES), catalogue)
    assert (work, n_likes.tolist()) == (Work(0, 0, 0), [0, 0, 0, 0])


def segments_of(spark, names, pairs, item_type):
    items = spark.createDataFrame(pairs, f"segment int, item_id {item_type}")
    return Segments(("", *names), spark.createDataFrame([], "user_id int, segment int"), items)


def test_every_segment_has_a_row_of_its_own_candidates(spark, make_catalogue):
    vectors = np.zeros((4, 2), dtype=np.float32)
    catalogue = make_catalogue(
        vectors, vectors, candidate_idx=[0, 1, 3], item_ids=["a", "b", "c", "d"]
    )
    # c is no candidate, "aa" and "zebra" are no items, and nobody listed anything for the third.
    pairs = [(1, "d"), (1, "a"), (1, "zebra"), (2, "c"), (2, "b"), (2, "aa")]
    segments = segments_of(spark, ["kids", "paid", "ghosts"], pairs, "string")
    allowed = allow_segments(catalogue, segments).allowed
    assert allowed.tolist() == [
        [True, True, True],
        [True, False, True],
        [False, True, False],
        [False, False, False],
    ]
    assert allowed.dtype == bool


def test_numbers_are_looked_up_as_numbers_and_nothing_listed_allows_nothing(spark, make_catalogue):
    vectors = np.zeros((3, 2), dtype=np.float32)
    catalogue = make_catalogue(vectors, vectors, item_ids=[5, 50, 500])
    some = segments_of(spark, ["kids"], [(1, 50), (1, 7)], "bigint")
    assert allow_segments(catalogue, some).allowed.tolist() == [[True] * 3, [False, True, False]]
    none = segments_of(spark, ["kids"], [], "bigint")
    assert allow_segments(catalogue, none).allowed.tolist() == [[True] * 3, [False] * 3]


def test_too_many_segments_are_refused_with_the_most_there_may_be(
    spark, make_catalogue, monkeypatch
):
    monkeypatch.setattr(collect_catalogue, "MAX_ALLOWED", 11)
    vectors = np.zeros((3, 2), dtype=np.float32)
    catalogue = make_catalogue(vectors, vectors, item_ids=[5, 50, 500])
    allow_segments(catalogue, segments_of(spark, ["a", "b"], [(1, 5)], "bigint"))
    three = segments_of(spark, ["a", "b", "c"], [(1, 5)], "bigint")
    with pytest.raises(InputDataError, match=r"3 segments are too many for 3 .* at most 2"):
        allow_segments(catalogue, three)
