"""Who has a reason for a short list, and which."""

import pytest

from mars_model.features.eligibility import number_segments
from mars_model.night.publish import record_unserved, stage
from tests.night.conftest import copy_warehouse

# Items 1-5 may be recommended, 6 may not; lists have up to four rows.
CANDIDATES = [(1,), (2,), (3,), (4,), (5,)]
PAIRS = [
    *(("big", item) for item in (1, 2, 3, 4, 5)),
    *(("small", item) for item in (1, 2, 6)),
    ("gone", 6),
]
LISTS = (
    "user_id bigint, rank int, item_id bigint, score float, source string, "
    "because array<struct<item_id: bigint, attention: float, contribution: float, "
    "score_without: float>>"
)
# user, segment, liked, rows of the list
USERS = [
    (1, None, [6], 4),  # a full list
    (2, None, [1, 2], 3),  # three unseen items are left
    (3, None, [1], 3),  # four were left: an error, not a reason
    (4, "big", [1, 2], 3),
    (5, "big", [6], 4),
    (6, "small", [1, 3], 1),  # only item 2 is left: 1 is liked and 6 no candidate
    (7, "small", [3], 1),  # two were left
    (8, "small", [1, 2], 0),
    (9, "gone", [1], 0),  # its only item may not be recommended
    (10, "ghosts", [1], 0),  # nothing is listed for it
    (11, "ghosts", [], 0),
]


@pytest.fixture(scope="module")
def unserved_with(night, tmp_path_factory):
    warehouse = copy_warehouse(night.warehouse, tmp_path_factory.mktemp("unserved"))
    spark = warehouse.spark

    def record(with_segments: bool) -> list[tuple]:
        lists = [
            (user, rank, rank, 0.5, "mars", [])
            for user, _, _, n_rows in USERS
            for rank in range(1, n_rows + 1)
        ]
        stage(warehouse, night.run, spark.createDataFrame(lists, LISTS))
        histories = spark.createDataFrame(
            [(user, liked, len(liked)) for user, _, liked, _ in USERS],
            "user_id bigint, item_ids array<bigint>, n_items int",
        )
        segments = number_segments(
            spark.createDataFrame(
                [(user, segment) for user, segment, _, _ in USERS],
                "user_id bigint, segment string",
            ),
            spark.createDataFrame(PAIRS, "segment string, item_id bigint"),
            "user_segments",
        )
        candidates = spark.createDataFrame(CANDIDATES, "item_id bigint")
        arguments = (warehouse, night.run, histories, candidates)
        rows = (
            record_unserved(*arguments, segments) if with_segments else record_unserved(*arguments)
        )
        return sorted((r["user_id"], r["n_rows"], r["reason"]) for r in rows.collect())

    return record


def test_a_reason_counts_the_items_of_the_segment(unserved_with):
    assert unserved_with(True) == [
        (2, 3, "fewer_unseen_items_than_n"),
        (4, 3, "fewer_unseen_items_in_segment_than_n"),
        (6, 1, "fewer_unseen_items_in_segment_than_n"),
        (8, 0, "fewer_unseen_items_in_segment_than_n"),
        (9, 0, "no_item_of_segment_is_a_candidate"),
        (10, 0, "segment_has_no_items"),
        (11, 0, "segment_has_no_items"),
    ]


def test_without_segments_everybody_is_measured_against_all_candidates(unserved_with):
    assert unserved_with(False) == [
        (2, 3, "fewer_unseen_items_than_n"),
        (4, 3, "fewer_unseen_items_than_n"),
    ]
