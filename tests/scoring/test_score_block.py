"""Lists of whole blocks: who is scored by the model, who gets the fallback, and what drops out."""

import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mars_model.scoring.score_block import BlockScorer
from mars_model.scoring.sentences import Titles
from mars_model.settings import ScoringSettings

NAMES = ["a", "b", "c", "d", "e", "f"]
TOP_3 = ScoringSettings(top_n=3, n_reasons=2)

REASON = ("item_id", "attention", "contribution", "score_without")


def users_of(item_type: pa.DataType = pa.string(), **histories) -> pa.RecordBatch:  # noqa: B008
    return pa.RecordBatch.from_pydict(
        {
            "user_id": pa.array(histories, pa.string()),
            "item_ids": pa.array(list(histories.values()), pa.list_(item_type)),
            "n_items": pa.array([len(ids) for ids in histories.values()], pa.int32()),
        }
    )


def rows_of(scored: pa.RecordBatch) -> pd.DataFrame:
    """A row for every place of a list, with a column of lists for each field of the reasons."""
    rows = [
        {"user_id": user["user_id"], "source": user["source"], **row}
        for user in scored.to_pylist()
        for row in user["list"]
    ]
    for row in rows:
        row["named_items"] = tuple(row["named_items"])
        for name in ("score_without_named", "best_unlisted_score"):
            row[name] = np.nan if row[name] is None else row[name]
        because = row.pop("because")
        for name in REASON:
            values = [np.nan if r[name] is None else r[name] for r in because]
            row[f"because_{name}"] = np.array(values)
    return pd.DataFrame(rows)


@pytest.fixture
def scorer_of(attention_of, tanh_vectors, make_catalogue):
    """A scorer of six items a-f, f no candidate, d and e liked most."""

    def make(min_likes: int = 2, **of_catalogue) -> BlockScorer:
        catalogue = make_catalogue(
            tanh_vectors(1, 6, 4),
            tanh_vectors(2, 6, 4),
            candidate_idx=range(5),
            item_ids=NAMES,
            n_likes=[1, 2, 2, 5, 7, 9],
            **of_catalogue,
        )
        return BlockScorer(catalogue, None, attention_of(4), TOP_3, min_likes)

    return make


@pytest.fixture
def score(scorer_of):
    """The lists of some users over these items."""

    def run(users: pa.RecordBatch, min_likes: int = 2) -> pd.DataFrame:
        return rows_of(scorer_of(min_likes).score(users)[0])

    return run


def lists_of(rows: pd.DataFrame) -> dict[str, list[str]]:
    return rows.groupby("user_id")["item_id"].apply(list).to_dict()


def test_users_below_the_least_number_of_likes_get_the_popular_items(score):
    rows = score(users_of(one=["e"], none=[], two=["a", "e"]))
    by_source = rows.groupby("user_id")["source"].unique().apply(list).to_dict()
    assert by_source == {"one": ["popular"], "none": ["popular"], "two": ["mars"]}
    assert lists_of(rows)["one"] == ["d", "b", "c"]
    assert lists_of(rows)["none"] == ["e", "d", "b"]
    one = rows[rows["user_id"] == "one"]
    assert one["score"].tolist() == [5.0, 2.0, 2.0]
    assert all(len(reasons) == 0 for reasons in one["because_item_id"])


def test_ranks_run_from_one_in_every_list(score):
    rows = score(users_of(one=["e"], two=["a", "e"], many=["a", "b", "c", "d"]))
    ranks = rows.groupby("user_id")["rank"].apply(list).to_dict()
    assert ranks == {"one": [1, 2, 3], "two": [1, 2, 3], "many": [1]}


def test_liked_items_are_neither_listed_nor_missing_from_the_reasons(score):
    rows = score(users_of(u=["b", "d"], v=["f", "a", "c"]))
    assert lists_of(rows)["u"] and set(lists_of(rows)["u"]) <= {"a", "c", "e"}
    assert set(lists_of(rows)["v"]) == {"b", "d", "e"}
    for user, liked in (("u", {"b", "d"}), ("v", {"f", "a", "c"})):
        reasons = rows.loc[rows["user_id"] == user, "because_item_id"]
        assert all(len(ids) == 2 and set(ids) <= liked for ids in reasons)


def test_items_that_left_the_catalogue_do_not_count_as_slots(score):
    gone = score(users_of(u=["zebra", "a", "aa", "c"]))
    known = score(users_of(u=["a", "c"]))
    pd.testing.assert_frame_equal(gone, known)


def test_a_history_of_unknown_items_gets_the_fallback(score):
    rows = score(users_of(u=["x", "y", "z"], v=[]))
    assert lists_of(rows) == {"u": ["e", "d", "b"], "v": ["e", "d", "b"]}
    assert set(rows["source"]) == {"popular"}


def test_a_block_without_any_like_is_served(score):
    rows = score(users_of(u=[], v=[]), min_likes=1)
    assert lists_of(rows) == {"u": ["e", "d", "b"], "v": ["e", "d", "b"]}


def test_the_only_like_is_the_whole_reason(score):
    rows = score(users_of(u=["c"]), min_likes=1)
    assert set(rows["source"]) == {"mars"}
    for score_, ids, attention, contribution, without in zip(
        rows["score"],
        rows["because_item_id"],
        rows["because_attention"],
        rows["because_contribution"],
        rows["because_score_without"],
        strict=True,
    ):
        assert (list(ids), list(attention)) == (["c"], [1.0])
        assert contribution[0] == pytest.approx(score_)
        assert math.isnan(without[0])


def test_with_a_sum_lists_are_those_of_summed_relevance(attention_of, tanh_vectors, make_catalogue):
    memory, vectors = tanh_vectors(1, 6, 4), tanh_vectors(2, 6, 4)
    bias = [0.5, 0, -0.25, 1, 0, 2]
    catalogue = make_catalogue(memory, vectors, item_ids=NAMES, item_bias=bias)
    users = users_of(u=["b", "d"])
    scorer = BlockScorer(catalogue, None, attention_of(4, "sum"), TOP_3, 1, "sum")
    rows = rows_of(scorer.score(users)[0])
    relevance = memory[[1, 3]].astype(float) @ vectors.astype(float).T
    expected = {
        name: relevance[:, position].sum() + bias[position]
        for position, name in enumerate(NAMES)
        if name not in ("b", "d")
    }
    assert rows["item_id"].tolist() == sorted(expected, key=lambda i: -expected[i])[:3]
    for _, row in rows.iterrows():
        assert row["score"] == pytest.approx(expected[row["item_id"]], abs=1e-6)
        assert row["because_attention"].tolist() == [1.0, 1.0]
        contributions = row["because_contribution"]
        rest = contributions[::-1] + bias[NAMES.index(row["item_id"])]
        assert row["because_score_without"] == pytest.approx(rest, abs=1e-6)


def test_lists_of_model_and_fallback_keep_to_the_segment(scorer_of):
    of_segments = [[True] * 5, [name in "abe" for name in NAMES[:5]], [False] * 5]
    users = users_of(free=["a", "d"], model=["a", "d"], few=["b"], none=["c", "d"], new=[])
    users = users.append_column("segment", pa.array([0, 1, 1, 2, 2], pa.int32()))
    rows = rows_of(scorer_of(allowed=of_segments).score(users)[0])
    lists = lists_of(rows)
    assert lists["few"] == ["e", "a"]  # by likes: 7 and 1; b is liked
    assert set(lists["free"]) == {"b", "c", "e"}
    # The same order as without a segment, only shorter; d is a slot though no item of the segment.
    assert lists["model"] == [item for item in lists["free"] if item in "be"]
    reasons = rows.loc[rows["user_id"] == "model", "because_item_id"]
    assert all(set(ids) == {"a", "d"} for ids in reasons)
    assert set(lists) == {"free", "model", "few"}


def test_a_user_who_liked_every_candidate_has_no_rows(score):
    rows = score(users_of(u=["a", "b", "c", "d", "e"], v=["a", "b"]))
    assert set(rows["user_id"]) == {"v"}


def test_every_user_comes_out_once_with_all_columns_and_a_list_that_may_be_empty(scorer_of):
    users = users_of(all=["a", "b", "c", "d", "e"], new=[], two=["a", "f"])
    users = users.append_column("before", pa.array([["a"], None, []]))
    scored, counts = scorer_of().score(users)
    assert scored.schema.names == [*users.schema.names, "source", "list"]
    found = {row["user_id"]: row for row in scored.to_pylist()}
    assert scored.num_rows == len(found) == 3
    for row in users.to_pylist():
        assert {name: found[row["user_id"]][name] for name in row} == row
    assert {user: row["source"] for user, row in found.items()} == {
        "all": "mars",
        "new": "popular",
        "two": "mars",
    }
    assert [len(found[user]["list"]) for user in ("all", "new", "two")] == [0, 3, 3]
    fields = ("rank", "item_id", "score", "because", "reason_kind", "reason", "named_items")
    for user in ("new", "two"):
        row = found[user]["list"][0]
        assert tuple(row) == (*fields, "score_without_named", "best_unlisted_score")
    # Pairs are a like and a candidate: (5 + 2) x 5; the fallback has none.
    assert counts["pairs"] == 35


def test_rows_say_what_they_are_there_for(attention_of, make_catalogue):
    # The like a is all that speaks for b, e says nothing of any. c is liked most, and its bias is
    # above that of d, which is not in the list.
    memory = np.array([[1, 0], [0, 0], [0, 0], [0, 0], [0, 0]], dtype=np.float32)
    vectors = np.array([[0, 0], [2, 0], [0, 0], [0, 0], [0, 0]], dtype=np.float32)
    catalogue = make_catalogue(
        *(memory, vectors),
        item_ids=list("abcde"),
        item_bias=[0, 0, 0.5, 0.25, 0],
        n_likes=[1, 0, 9, 0, 0],
    )
    titles = Titles.of(pa.array(["Alien", "Brazil", None, " ", "Elf"]), pa.array(list("abcde")))
    scoring = ScoringSettings(top_n=2, n_reasons=1)
    scorer = BlockScorer(catalogue, None, attention_of(2, "sum"), scoring, 1, "sum", titles)
    rows = rows_of(scorer.score(users_of(u=["a", "e"], new=[]))[0]).to_dict("records")
    found = [
        (r["user_id"], r["item_id"], r["reason_kind"], r["reason"], r["named_items"]) for r in rows
    ]
    assert found == [
        ("u", "b", "likes", "because you liked Alien", ("a",)),
        ("u", "c", "popularity", "popular with everyone", ()),
        ("new", "c", "popularity", "popular with everyone", ()),
        ("new", "a", "popularity", "popular with everyone", ()),
    ]
    assert rows[0]["score_without_named"] == 0
    # The fallback's scores are likes.
    assert all(math.isnan(row["score_without_named"]) for row in rows[1:])
    assert [row["best_unlisted_score"] for row in rows[:2]] == [0.25, 0.25]
    assert all(math.isnan(row["best_unlisted_score"]) for row in rows[2:])


def test_the_score_without_the_named_likes_is_that_of_a_user_who_never_liked_them(score, scorer_of):
    (found,) = scorer_of().score(users_of(u=["a", "f"]))[0].to_pylist()
    named = {row["item_id"]: row for row in found["list"] if row["named_items"]}
    assert named
    for item_id, row in named.items():
        others = [liked for liked in ("a", "f") if liked not in row["named_items"]]
        rows = score(users_of(u=others), min_likes=1)
        again = rows.loc[rows["item_id"] == item_id, "score"].tolist()
        assert again in ([], [row["score_without_named"]])


def test_items_are_called_by_their_ids_where_no_titles_are_given(scorer_of):
    (user,) = scorer_of(min_likes=1).score(users_of(u=["b"]))[0].to_pylist()
    reasons = {row["reason_kind"]: row["reason"] for row in user["list"]}
    assert reasons["likes"] == "because you liked b"


def test_the_order_of_a_history_does_not_matter(score):
    pd.testing.assert_frame_equal(
        score(users_of(u=["f", "a", "c"])), score(users_of(u=["c", "f", "a"]))
    )


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 1000),
    histories=st.lists(
        st.sets(st.integers(0, 11), min_size=1, max_size=9).map(sorted), min_size=1, max_size=5
    ),
)
def test_served_lists_do_not_depend_on_blocks_of_users(
    attention_of, tanh_vectors, make_catalogue, seed, histories
):
    vectors = tanh_vectors(seed, 12, 6)
    vectors[7:] = vectors[:5]  # twins, so that ties are many
    catalogue = make_catalogue(tanh_vectors(seed + 1, 12, 6), vectors)
    users = users_of(pa.int64(), **{f"user{n}": ids for n, ids in enumerate(histories)})
    scorer = BlockScorer(catalogue, None, attention_of(6), ScoringSettings(top_n=5), min_likes=1)

    def score(some: pa.RecordBatch) -> pd.DataFrame:
        return rows_of(scorer.score(some)[0])

    at_once = score(users)
    one_by_one = [score(users.slice(n, 1)) for n in range(users.num_rows)]
    pd.testing.assert_frame_equal(at_once, pd.concat(one_by_one, ignore_index=True))
