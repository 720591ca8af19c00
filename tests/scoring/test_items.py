"""Which items may be recommended on a date, and the catalogue made of them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from mars_model.errors import InputDataError
from mars_model.scoring.items import collect_catalogue, is_available

ITEMS = (
    "item_id string, item_vector array<float>, memory_vector array<float>, item_bias float, "
    "is_candidate boolean, n_likes bigint"
)


def test_availability_is_asked_at_midnight_utc_of_the_run_date(spark):
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    second = timedelta(seconds=1)
    rows = [
        ("always", None, None),
        ("begins at midnight", midnight, None),
        ("begins later", midnight + second, None),
        ("ends at midnight", None, midnight),
        ("ends later", None, midnight + second),
        ("was and is", midnight - second, midnight + second),
    ]
    schema = "item_id string, available_from timestamp, available_until timestamp"
    items = spark.createDataFrame(rows, schema).where(is_available(date(2026, 3, 1)))
    found = {row["item_id"] for row in items.collect()}
    assert found == {"always", "begins at midnight", "ends later", "was and is"}


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


def test_an_item_without_vectors_stops_the_night_with_a_sentence(spark):
    rows = [("a", [0.5], [0.5], 0.0, True, 1), ("b", None, None, None, False, 0)]
    with pytest.raises(InputDataError, match=r"1 of 2 items have no vector.*mars-batch encode"):
        collect_catalogue(spark.createDataFrame(rows, ITEMS))
