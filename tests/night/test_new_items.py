"""Candidates that are new: scored alone, let in where they beat a list's last row."""

import numpy as np

from mars_model.night.new_items import entrants, merge_lists, only_candidates

LISTS = "user_id bigint, rank int, item_id bigint, score float, because array<string>"


def test_a_catalogue_of_some_candidates_keeps_items_memory_and_likes(make_catalogue, tanh_vectors):
    catalogue = make_catalogue(
        tanh_vectors(1, 5, 3),
        tanh_vectors(2, 5, 3),
        candidate_idx=[0, 2, 3, 4],
        item_ids=["a", "b", "c", "d", "e"],
        item_bias=[0.0, 0.1, 0.2, 0.3, 0.4],
        n_likes=[5, 9, 1, 7, 2],
    )
    found = only_candidates(catalogue, np.array(["d", "b", "c", "longer than all"], dtype=object))
    assert found.candidate_idx.tolist() == [2, 3]  # b is no candidate
    assert found.popular_idx.tolist() == [3, 2]
    assert found.item_bias.tolist() == np.float32([0.2, 0.3]).tolist()
    assert (found.candidates == catalogue.candidates[[1, 2]]).all()
    assert found.allowed.tolist() == [[True, True]]
    for name in ("item_ids", "memory", "n_likes"):
        assert getattr(found, name) is getattr(catalogue, name)


def test_a_new_candidate_enters_where_it_beats_the_last_row(spark):
    rows = [
        (1, 1, 50, 0.75, ["x"]),  # better
        (1, 2, 51, 0.25, ["x"]),  # worse
        (2, 1, 50, 0.5, ["x"]),  # the same score, a lower id
        (3, 1, 50, 0.5, ["x"]),  # the same score, a higher id
    ]
    last = [(1, (0.5, 9)), (2, (0.5, 60)), (3, (0.5, 9))]
    users = spark.createDataFrame(
        last, "user_id bigint, last_row struct<score: float, item_id: bigint>"
    )
    entered = entrants(spark.createDataFrame(rows, LISTS), users)
    assert sorted((r["user_id"], r["item_id"]) for r in entered.collect()) == [(1, 50), (2, 50)]
    assert entered.columns == ["user_id", "rank", "item_id", "score", "because"]


def test_lists_are_merged_by_score_then_item_with_ranks_anew(spark):
    lists = spark.createDataFrame(
        [
            (1, 1, 10, 0.75, ["a"]),
            (1, 2, 12, 0.5, ["b"]),
            (1, 3, 14, 0.25, ["c"]),
            (2, 1, 10, 0.75, ["a"]),
        ],
        LISTS,
    )
    entered = spark.createDataFrame([(1, 1, 11, 0.5, ["d"]), (1, 2, 13, 0.375, ["e"])], LISTS)
    rows = merge_lists(lists, entered, 3).orderBy("user_id", "rank").collect()
    assert [(r["user_id"], r["rank"], r["item_id"], r["because"]) for r in rows] == [
        (1, 1, 10, ["a"]),
        (1, 2, 11, ["d"]),
        (1, 3, 12, ["b"]),
        (2, 1, 10, ["a"]),
    ]
