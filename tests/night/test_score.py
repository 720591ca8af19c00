"""The stage that scores: users in, lists out, kept until they are written."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyspark import SparkFiles

from mars_model.night.score import scored_users
from mars_model.scoring.memory_plan import Work
from mars_model.scoring.sentences import Titles
from tests.conftest import small_settings

NAMES = ["a", "b", "c", "d", "e", "f"]
# As large as the representation of the night's model, whose attention is used.
SIZE = 6


@pytest.fixture
def stage(night):
    """The stage over a catalogue, by the night's model: 3 items, 2 reasons, from one like on."""
    settings = small_settings("scoring.top_n=3", "scoring.n_reasons=2", "likes.min_per_user=1")
    bundle = night.registry.promoted()

    def open_stage(users, work: Work, catalogue):
        ids = pa.array(catalogue.item_ids)
        titles = Titles.of(pa.nulls(len(ids), pa.string()), ids)
        return scored_users(users, work, catalogue, titles, None, bundle, settings)

    return open_stage


@pytest.fixture
def two_users(spark):
    """One with a like that the catalogue has, one without any."""
    return spark.createDataFrame(
        [("ann", ["c", "unknown"], 2, ["b"]), ("bob", [], 0, None)],
        "user_id string, item_ids array<string>, n_items int, before array<string>",
    )


def arrays_on_this_machine() -> list[str]:
    return [path.name for path in Path(SparkFiles.getRootDirectory()).glob("arrays-*.npy")]


def test_string_ids_are_served_and_no_number_stands_where_no_like_is_left(
    two_users, stage, tanh_vectors, make_catalogue
):
    memory, vectors = tanh_vectors(1, 6, SIZE), tanh_vectors(2, 6, SIZE)
    catalogue = make_catalogue(memory, vectors, item_ids=NAMES, n_likes=[0, 1, 2, 3, 4, 5])
    with stage(two_users, Work(2, 2, 2), catalogue) as (scored, counted):
        assert scored.columns == [*two_users.columns, "source", "list"]
        ann, bob = scored.orderBy("user_id").collect()
        # One known like and six candidates.
        assert counted.value["pairs"] == 6
    assert (ann["item_ids"], ann["before"], ann["source"]) == (["c", "unknown"], ["b"], "mars")
    # One slot: every score is its inner product with the candidate.
    expected = {
        name: float(memory[2].astype(float) @ vectors[position].astype(float))
        for position, name in enumerate(NAMES)
        if name != "c"
    }
    best = sorted(expected, key=lambda i: -expected[i])[:3]
    assert [(r["rank"], r["item_id"]) for r in ann["list"]] == list(enumerate(best, start=1))
    for row in ann["list"]:
        assert row["score"] == pytest.approx(expected[row["item_id"]], abs=1e-6)
        (reason,) = row["because"]
        assert (reason["item_id"], reason["attention"]) == ("c", 1.0)
        assert reason["score_without"] is None
        assert (row["reason_kind"], row["named_items"]) == ("likes", ["c"])
        assert (row["reason"], row["score_without_named"]) == ("because you liked c", None)
        # Of five candidates the fourth.
        assert row["best_unlisted_score"] == pytest.approx(sorted(expected.values())[1], abs=1e-6)
    assert bob["source"] == "popular"
    assert {(r["reason_kind"], r["reason"]) for r in bob["list"]} == {
        ("popularity", "popular with everyone")
    }
    assert [(r["rank"], r["item_id"], r["score"], r["because"]) for r in bob["list"]] == [
        (1, "f", 5.0, []),
        (2, "e", 4.0, []),
        (3, "d", 3.0, []),
    ]


def test_every_user_gets_what_the_segment_allows(spark, stage, tanh_vectors, make_catalogue):
    of_segments = [[True] * 6, [name in "af" for name in NAMES]]
    vectors = tanh_vectors(1, 6, SIZE), tanh_vectors(2, 6, SIZE)
    catalogue = make_catalogue(*vectors, item_ids=NAMES, allowed=of_segments)
    users = spark.createDataFrame(
        [("ann", ["c"], 1, 1), ("bob", [], 0, 1), ("cyd", ["c"], 1, 0)],
        "user_id string, item_ids array<string>, n_items int, segment int",
    )
    with stage(users, Work(3, 2, 1), catalogue) as (scored, _):
        found = {r["user_id"]: {x["item_id"] for x in r["list"]} for r in scored.collect()}
    assert found["ann"] == found["bob"] == {"a", "f"}
    assert len(found["cyd"]) == 3


def test_users_are_scored_once_however_often_their_lists_are_read(
    two_users, stage, tanh_vectors, make_catalogue
):
    vectors = tanh_vectors(1, 6, SIZE), tanh_vectors(2, 6, SIZE)
    catalogue = make_catalogue(*vectors, item_ids=NAMES)
    with stage(two_users, Work(2, 2, 2), catalogue) as (scored, counted):
        first = scored.orderBy("user_id").collect()
        once = dict(counted.value)
        assert scored.orderBy("user_id").collect() == first
        assert scored.count() == 2
        assert dict(counted.value) == once
    assert once["pairs"] == 6


def test_what_was_kept_and_shipped_goes_with_the_stage_also_on_errors(
    two_users, stage, make_catalogue
):
    vectors = np.zeros((6, SIZE), dtype=np.float32)
    before = arrays_on_this_machine()
    catalogue = make_catalogue(vectors, vectors, item_ids=NAMES)
    with pytest.raises(RuntimeError, match="the night broke"):  # noqa: SIM117
        with stage(two_users, Work(2, 2, 2), catalogue) as (scored, _):
            scored.count()
            assert scored.is_cached and len(arrays_on_this_machine()) > len(before)
            raise RuntimeError("the night broke")
    assert arrays_on_this_machine() == before
    assert not scored.is_cached
