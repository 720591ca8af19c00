"""The catalogue of a night, and what each segment may get of it."""

import numpy as np
import pytest
from mars_model.night.collect_items import allow_segments, collect_catalogue

from mars_model.errors import InputDataError
from mars_model.features.eligibility import Segments
from mars_model.scoring import items as scoring_items

ITEMS = (
    "item_id string, item_vector array<float>, memory_vector array<float>, item_bias float, "
    "is_candidate boolean, n_likes bigint"
)


def test_the_catalogue_is_sorted_by_item_id(spark):
    rows = [
        ("b10", [0.5, 0.25], [-0.5, -0.25], 0.125, True, 3),
        ("c", [0.75, 0.5], [-0.75, -0.5], 0.0, False, 9),
        ("b9", [0.25, 0.75], [-0.25, -0.75], -0.5, True, 3),
        ("a", [0.0, 0.125], [0.0, -0.125], 1.0, True, 4),
    ]
    found = collect_catalogue(spark.createDataFrame(rows, ITEMS))
    assert found.item_ids.tolist() == ["a", "b10", "b9", "c"]
    assert found.memory.tolist() == [[0.0, -0.125], [-0.5, -0.25], [-0.25, -0.75], [-0.75, -0.5]]
    assert found.candidate_idx.tolist() == [0, 1, 2]
    assert found.candidates.tolist() == [[0.0, 0.125], [0.5, 0.25], [0.25, 0.75]]
    assert found.item_bias.tolist() == [1.0, 0.125, -0.5]
    assert found.n_likes.tolist() == [4, 3, 3, 9]
    assert found.popular_idx.tolist() == [0, 1, 2]
    assert found.allowed.tolist() == [[True, True, True]]


def test_an_item_without_vectors_stops_the_night_with_a_sentence(spark):
    rows = [("a", [0.5], [0.5], 0.0, True, 1), ("b", None, None, None, False, 0)]
    with pytest.raises(InputDataError, match=r"1 of 2 items have no vector.*mars-batch encode"):
        collect_catalogue(spark.createDataFrame(rows, ITEMS))


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
    monkeypatch.setattr(scoring_items, "MAX_ALLOWED", 11)
    vectors = np.zeros((3, 2), dtype=np.float32)
    catalogue = make_catalogue(vectors, vectors, item_ids=[5, 50, 500])
    allow_segments(catalogue, segments_of(spark, ["a", "b"], [(1, 5)], "bigint"))
    three = segments_of(spark, ["a", "b", "c"], [(1, 5)], "bigint")
    with pytest.raises(InputDataError, match=r"3 segments are too many for 3 .* at most 2"):
        allow_segments(catalogue, three)
