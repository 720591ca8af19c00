"""Who has a reason for a short list, and which."""

from datetime import date

from mars_model.features.eligibility import number_segments, with_segment
from mars_model.night.publish import unserved_users
from mars_model.night.runs import PUBLISHED, Run

# Items 1-5 may be recommended, 6 may not; lists have up to four rows.
CANDIDATES = [(1,), (2,), (3,), (4,), (5,)]
PAIRS = [
    *(("big", item) for item in (1, 2, 3, 4, 5)),
    *(("small", item) for item in (1, 2, 6)),
    ("gone", 6),
]
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


RUN = Run("2026-03-01-00000000", date(2026, 3, 1), "mars-1", PUBLISHED, 4, 2, {})


def unserved(spark, with_segments: bool) -> list[tuple]:
    """Rows of unserved_users, of the users whose lists are short."""
    segments = None
    if with_segments:
        segments = number_segments(
            spark.createDataFrame(
                [(user, segment) for user, segment, _, _ in USERS],
                "user_id bigint, segment string",
            ),
            spark.createDataFrame(PAIRS, "segment string, item_id bigint"),
            "user_segments",
        )
    short = spark.createDataFrame(
        [(user, liked, n_rows) for user, _, liked, n_rows in USERS if n_rows < RUN.top_n],
        "user_id bigint, item_ids array<bigint>, n_rows int",
    )
    candidates = spark.createDataFrame(CANDIDATES, "item_id bigint")
    rows = unserved_users(with_segment(short, segments), candidates, segments, RUN).collect()
    assert {row["run_id"] for row in rows} == {RUN.run_id}
    return sorted((r["user_id"], r["n_rows"], r["reason"]) for r in rows)


def test_a_reason_counts_the_items_of_the_segment(spark):
    assert unserved(spark, True) == [
        (2, 3, "fewer_unseen_items_than_n"),
        (4, 3, "fewer_unseen_items_in_segment_than_n"),
        (6, 1, "fewer_unseen_items_in_segment_than_n"),
        (8, 0, "fewer_unseen_items_in_segment_than_n"),
        (9, 0, "no_item_of_segment_is_a_candidate"),
        (10, 0, "segment_has_no_items"),
        (11, 0, "segment_has_no_items"),
    ]


def test_without_segments_everybody_is_measured_against_all_candidates(spark):
    assert unserved(spark, False) == [
        (2, 3, "fewer_unseen_items_than_n"),
        (4, 3, "fewer_unseen_items_than_n"),
    ]
