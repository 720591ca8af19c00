"""What differs between two nights, and whose lists that makes stale."""

import pytest

from mars_model.features.eligibility import Segments
from mars_model.night.changes import item_changes, item_states, user_changes
from mars_model.night.segment_changes import changed_segments, name_segments

STATES = "item_id bigint, as_slot bigint, as_candidate bigint"
ITEMS_THEN = [(1, 10, 100), (2, 20, 200), (3, 30, None), (4, 40, 400), (5, 50, 500), (6, 60, 600)]
ITEMS_NOW = [
    (1, 10, 100),  # the same
    (2, 21, 201),  # another text
    (3, 30, 300),  # may be recommended from now on
    (4, 40, None),  # may not any more
    (6, 61, 600),  # only the slot is another
    (7, 70, 700),  # new; 5 is gone
]
HISTORIES = "user_id bigint, item_ids array<bigint>, n_items int, segment_name string"
LISTS = "user_id bigint, rank int, item_id bigint, score float, source string"


def ids(frame) -> list[int]:
    return sorted(row["item_id"] for row in frame.collect())


@pytest.fixture(scope="module")
def items(spark):
    return item_changes(
        spark.createDataFrame(ITEMS_THEN, STATES), spark.createDataFrame(ITEMS_NOW, STATES)
    )


def test_items_that_came_went_or_changed_are_told_by_what_they_were_used_for(items):
    assert ids(items.memory) == [2, 5, 6, 7]
    assert ids(items.lost) == [2, 4, 5]
    assert ids(items.new) == sorted(items.new_ids.tolist()) == [2, 3, 7]
    assert (items.n_memory, items.n_lost) == (4, 3)


def test_the_same_items_are_no_change(spark):
    states = spark.createDataFrame(ITEMS_NOW, STATES)
    found = item_changes(states, states)
    assert (found.n_memory, found.n_lost, len(found.new_ids)) == (0, 0, 0)
    assert found.new.isEmpty()


def test_an_item_is_known_by_its_vectors_and_by_whether_it_may_be_recommended(spark):
    vectors = spark.createDataFrame(
        [
            (1, "a", [1.0, 0.0], [0.5, 0.0], 0.0),
            (2, "a", [1.0, 0.0], [0.5, 0.0], 0.0),
            (3, "a", [1.0, 0.0], [0.5, 0.0], 0.25),
            (4, "old", [1.0, 0.0], [0.5, 0.0], 0.0),
        ],
        "item_id bigint, text_hash string, item_vector array<float>, memory_vector array<float>, "
        "item_bias float",
    )
    documents = spark.createDataFrame(
        [(1, "a"), (2, "a"), (3, "a"), (4, "new")], "item_id bigint, text_hash string"
    )
    candidates = spark.createDataFrame([(1,), (3,), (4,)], "item_id bigint")
    rows = item_states(documents, vectors, candidates).collect()
    found = {row["item_id"]: row for row in rows}
    assert set(found) == {1, 2, 3}  # 4 has no vector of its present text
    assert found[1]["as_slot"] == found[2]["as_slot"] == found[3]["as_slot"]
    assert found[2]["as_candidate"] is None
    assert found[1]["as_candidate"] != found[3]["as_candidate"]


@pytest.fixture(scope="module")
def why(spark, items):
    """Lists of two rows; items 2, 4 and 5 are lost, 2, 5, 6 and 7 other slots."""
    then = [
        (1, [1, 3], 2, ""),
        (2, [1, 3], 2, ""),
        (3, [1, 6], 2, ""),
        (4, [1, 3], 2, ""),
        (5, [1], 1, ""),
        (6, [1, 3], 2, ""),
        (7, [1, 3], 2, "kids"),
        (8, [1, 3], 2, "kids"),
        (9, [1, 3], 2, "teens"),
        (11, [1, 3], 2, ""),
    ]
    now = [
        (1, [1, 3], 2, ""),
        (2, [3, 1], 2, ""),
        (3, [1, 6], 2, ""),
        (4, [1, 3], 2, ""),
        (5, [1], 1, ""),
        (6, [1, 3], 2, ""),
        (7, [1, 3], 2, "teens"),
        (8, [1, 3], 2, "kids"),
        (9, [1, 3], 2, "teens"),
        (10, [1, 3], 2, ""),
    ]
    of_all = [(user, rank, 8 + rank, 0.5 / rank) for user in range(1, 12) for rank in (1, 2)]
    lists = [(*row, "popular" if row[0] == 5 else "mars") for row in of_all]
    lists = [row for row in lists if row[:2] != (6, 2) and row[0] != 10]
    lists[lists.index((4, 1, 9, 0.5, "mars"))] = (4, 1, 4, 0.5, "mars")
    changes = user_changes(
        spark.createDataFrame(then, HISTORIES),
        spark.createDataFrame(now, HISTORIES),
        spark.createDataFrame(lists, LISTS),
        items,
        ["kids"],
        2,
    )
    return {row["user_id"]: row for row in changes.collect()}


def test_a_list_that_nothing_touched_is_kept_with_its_last_row(why):
    for user in (1, 9):
        assert why[user]["why"] is None
        assert tuple(why[user]["last_row"]) == (0.25, 10)
        assert why[user]["item_ids"] == [1, 3]


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (2, "other_history"),
        (3, "other_memory"),
        (4, "lost_item"),
        (5, "fallback"),
        (6, "short_list"),
        (7, "other_segment"),  # another segment
        (8, "other_segment"),  # the same segment with other items
        (10, "new_user"),
        (11, "left"),
    ],
)
def test_a_stale_list_says_why(why, user, expected):
    assert why[user]["why"] == expected


def test_segments_are_compared_by_name_whatever_their_number(spark):
    def segments(names, pairs) -> Segments:
        items = spark.createDataFrame(pairs, "segment int, item_id bigint")
        return Segments(("", *names), users=items, items=items)

    then = segments(["kids", "teens"], [(1, 10), (1, 11), (2, 20)])
    now = segments(["adults", "kids", "teens"], [(1, 30), (2, 10), (2, 11), (3, 21)])
    assert changed_segments(then, now) == ["adults", "teens"]
    assert changed_segments(None, now) == []
    users = spark.createDataFrame([(1, 2), (2, 0)], "user_id bigint, segment int")
    assert [r["segment_name"] for r in name_segments(users, now).collect()] == ["kids", ""]
    assert [r["segment_name"] for r in name_segments(users, None).collect()] == ["", ""]
