"""The published night, recomputed from its tables by plain loops and read without Spark."""

import math
import random
from collections import Counter

import pytest
from deltalake import DeltaTable

from mars_model.cli.show import run_text
from mars_model.scoring.claims import REASON_KINDS
from tests.night.conftest import by_user, rows_of
from tests.night.published_claims import assert_claims_hold

TOP_N, N_REASONS, MIN_LIKES = 4, 3, 2


@pytest.fixture(scope="module")
def vectors(night) -> dict[int, dict]:
    """item_vectors of the night's model by item."""
    rows = rows_of(night.warehouse, "item_vectors")
    return {r["item_id"]: r for r in rows if r["model_version"] == night.run.model_version}


@pytest.fixture(scope="module")
def histories(night) -> dict[int, list[int]]:
    return {r["user_id"]: r["item_ids"] for r in rows_of(night.warehouse, "user_histories")}


@pytest.fixture(scope="module")
def lists(night) -> dict[int, list[dict]]:
    """What is served, by user."""
    grouped: dict[int, list[dict]] = {}
    for row in by_user(rows_of(night.warehouse, "recommendations")):
        grouped.setdefault(row["user_id"], []).append(row)
    return grouped


def attend(liked: list[int], item_id: int, vectors) -> tuple[float, dict[int, tuple[float, float]]]:
    """Eq. 7-9: the score of an item, and of every liked item (attention, contribution)."""
    candidate = vectors[item_id]["item_vector"]
    relevance = {
        slot: sum(m * v for m, v in zip(vectors[slot]["memory_vector"], candidate, strict=True))
        for slot in liked
    }
    total = sum(math.exp(value) for value in relevance.values())
    shares = {slot: math.exp(value) / total for slot, value in relevance.items()}
    user = [
        sum(shares[slot] * vectors[slot]["memory_vector"][k] for slot in liked)
        for k in range(len(candidate))
    ]
    score = sum(u * v for u, v in zip(user, candidate, strict=True))
    bias = vectors[item_id]["item_bias"]
    return score + bias, {slot: (shares[slot], shares[slot] * relevance[slot]) for slot in liked}


def sample_users(histories) -> list[int]:
    scored = sorted(user for user, liked in histories.items() if len(liked) >= MIN_LIKES)
    return random.Random(5).sample(scored, 6)


def test_lists_are_those_of_plain_attention_over_the_whole_catalogue(lists, histories, vectors):
    for user in sample_users(histories):
        liked = histories[user]
        scores = {i: attend(liked, i, vectors)[0] for i in vectors if i not in liked}
        expected = sorted(scores, key=lambda i: (-scores[i], i))[:TOP_N]
        assert [row["item_id"] for row in lists[user]] == expected
        assert [row["rank"] for row in lists[user]] == list(range(1, len(expected) + 1))
        assert [row["score"] for row in lists[user]] == pytest.approx(
            [scores[i] for i in expected], abs=1e-5
        )
        assert {row["source"] for row in lists[user]} == {"mars"}


def test_reasons_are_the_likes_of_most_attention_with_their_exact_numbers(
    lists, histories, vectors
):
    for user in sample_users(histories):
        liked = histories[user]
        for row in lists[user]:
            _, slots = attend(liked, row["item_id"], vectors)
            found = [reason["item_id"] for reason in row["because"]]
            assert len(found) == len(set(found)) == min(N_REASONS, len(liked))
            highest = sorted((share for share, _ in slots.values()), reverse=True)
            attention = [reason["attention"] for reason in row["because"]]
            assert attention == pytest.approx(highest[: len(found)], abs=1e-5)
            for reason in row["because"]:
                share, contribution = slots[reason["item_id"]]
                rest = [slot for slot in liked if slot != reason["item_id"]]
                without, _ = attend(rest, row["item_id"], vectors)
                assert reason["attention"] == pytest.approx(share, abs=1e-5)
                assert reason["contribution"] == pytest.approx(contribution, abs=1e-5)
                assert reason["score_without"] == pytest.approx(without, abs=1e-5)


def test_every_row_is_there_for_what_it_says(night):
    kinds = assert_claims_hold(night.warehouse, night.registry, night.settings, night.run_date, 200)
    assert kinds["likes"] > 0


def test_rows_are_counted_by_what_they_are_there_for(night, lists):
    kinds = Counter(row["reason_kind"] for rows in lists.values() for row in rows)
    found = {kind: night.run.counts[f"rows_by_reason_{kind}"] for kind in REASON_KINDS}
    assert found == {kind: kinds[kind] for kind in REASON_KINDS}
    shown = run_text(night.run, "wh")
    assert (
        f"what rows are there for: likes {kinds['likes']}, popularity {kinds['popularity']}, "
        f"taste {kinds['taste']}\n"
    ) in shown


def test_users_with_too_few_likes_get_what_most_users_like(lists):
    # Likes in the small source: 101 and 201 five each, 102 and 202 four each.
    for user in (9, 10):
        assert [(r["item_id"], r["score"]) for r in lists[user]] == [
            *((101, 5.0), (201, 5.0)),
            *((102, 4.0), (202, 4.0)),
        ]
        assert all(row["source"] == "popular" and row["because"] == [] for row in lists[user])


def test_histories_are_the_likes_newest_first(histories):
    assert histories[3] == [201, 105, 104, 103]
    assert histories[1] == [104, 103, 102, 101]  # the two stars for 206 are no like
    assert histories[9] == []


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("items", ("item_id",)),
        ("interactions", ("user_id", "item_id")),
        ("item_documents", ("item_id",)),
        ("user_histories", ("user_id",)),
        ("item_vectors", ("model_version", "item_id")),
        ("recommendations", ("user_id", "rank")),
        ("recommendation_runs", ("run_id",)),
        ("unserved_users", ("user_id",)),
    ],
)
def test_another_reader_of_delta_sees_the_same_rows(night, table, key):
    location = night.warehouse.location(table)
    seen = DeltaTable(location).to_pyarrow_table()
    by_spark = night.warehouse.read(table).toArrow()
    assert seen.column_names == by_spark.column_names

    def ordered(rows: list[dict]) -> list[dict]:
        return sorted(rows, key=lambda row: [row[column] for column in key])

    assert ordered(seen.to_pylist()) == ordered(by_spark.to_pylist())
    assert seen.num_rows > 0
