"""What benchmarks/scoring.py measures with: likes as they should be, a fair baseline, tables."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from deltalake import DeltaTable
from threadpoolctl import threadpool_limits

from mars_model.features.likes import LikeMatrix
from night.likes import draw_items, draw_lengths, draw_likes
from night.per_user import LAYOUTS, PerUser
from night.prepared import Shape
from night.report import Table, write_json
from night.rival import Rival
from night.timing import Rounds, Spread, paired_rounds, ratios
from night.watch import read_status, worker_pids

SHAPE = Shape(n_users=2000, n_items=3000, mean_likes=20.0, seed=3)


@pytest.fixture(scope="module")
def likes() -> LikeMatrix:
    return SHAPE.likes()


def test_the_same_seed_gives_the_same_likes_and_another_one_others(likes: LikeMatrix) -> None:
    again = Shape(2000, 3000, 20.0, seed=3).likes()
    np.testing.assert_array_equal(again.starts, likes.starts)
    np.testing.assert_array_equal(again.item_idx, likes.item_idx)
    other = Shape(2000, 3000, 20.0, seed=4).likes()
    assert other.item_idx.tolist() != likes.item_idx.tolist()


def test_rows_ascend_without_repeats_within_the_catalogue(likes: LikeMatrix) -> None:
    rows = [likes.row(user) for user in range(likes.n_users)]
    assert all((np.diff(row) > 0).all() for row in rows)
    assert likes.item_idx.min() >= 0 and likes.item_idx.max() < 3000


def test_histories_have_their_mean_and_a_long_tail(likes: LikeMatrix) -> None:
    lengths = np.diff(likes.starts)
    assert lengths.mean() == pytest.approx(20, rel=0.1)
    assert np.median(lengths) < 0.8 * lengths.mean()
    assert lengths.max() > 5 * lengths.mean()
    assert (lengths == draw_lengths(2000, 20.0, 3000, seed=3)).all()


def test_popularity_falls_as_a_power_of_the_rank(likes: LikeMatrix) -> None:
    n_likes = np.sort(np.bincount(likes.item_idx, minlength=3000))[::-1]
    assert n_likes[:30].sum() > 10 * n_likes[1500:1530].sum()
    ranks = np.arange(50, 1000)
    slope = np.polyfit(np.log(ranks), np.log(n_likes[ranks]), 1)[0]
    assert -1.3 < slope < -0.4


def test_nearly_every_item_has_a_like(likes: LikeMatrix) -> None:
    assert (np.bincount(likes.item_idx, minlength=3000) > 0).mean() > 0.98


def test_users_like_items_close_to_one_another() -> None:
    items = draw_items(3000, seed=3)
    likes = draw_likes(items, np.full(200, 20), seed=3)
    taste = np.empty_like(items.taste)
    taste[items.item_idx] = items.taste
    own = [np.linalg.norm(taste[likes.row(user)].mean(axis=0)) for user in range(200)]
    rng = np.random.default_rng(0)
    mixed = [np.linalg.norm(taste[rng.choice(likes.item_idx, 20)].mean(axis=0)) for _ in own]
    assert np.mean(own) > 1.5 * np.mean(mixed)


def test_other_users_like_the_same_items() -> None:
    one, other = draw_items(500, seed=1), draw_items(500, seed=1)
    np.testing.assert_array_equal(one.taste, other.taste)
    np.testing.assert_array_equal(one.item_idx, other.item_idx)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_baseline_ranks_as_a_plain_loop(layout) -> None:
    rng = np.random.default_rng(2)
    candidates, memory = np.tanh(rng.normal(0, 0.6, (2, 40, 5))).astype(np.float32)
    item_bias = rng.normal(0, 0.3, 40).astype(np.float32)
    histories = LikeMatrix.from_rows([[3], [0, 7, 9, 39], list(range(0, 30, 2))], n_items=40)
    found = PerUser.open(layout, candidates, memory, item_bias).top(histories, 6)
    for user in range(3):
        slots = histories.row(user)
        scores = []
        for item in range(40):
            relevance = [float(memory[slot] @ candidates[item]) for slot in slots]
            weights = [np.exp(s) for s in relevance]
            attended = sum(w * s for w, s in zip(weights, relevance, strict=True)) / sum(weights)
            scores.append(-np.inf if item in slots else attended + item_bias[item])
        assert found[user].tolist() == np.argsort(-np.array(scores))[:6].tolist()


def test_implicit_ranks_the_unseen_items_of_every_user_as_a_plain_sort(tmp_path) -> None:
    rng = np.random.default_rng(4)
    users, items = (rng.normal(0, 1, (n, 5)).astype(np.float32) for n in (250, 40))
    liked = [sorted(rng.choice(40, 6, replace=False).tolist()) for _ in range(250)]
    with threadpool_limits(1, user_api="blas"):
        rival = Rival.of(users, items, LikeMatrix.from_rows(liked, n_items=40), n_threads=2)
        for _ in range(2):
            rival.write(str(tmp_path / "lists"), 3)
    rows = DeltaTable(tmp_path / "lists").to_pyarrow_table().sort_by("user_id").to_pylist()
    assert len(rows) == 250 * 3  # the second write replaced the first
    for user in range(250):
        scores = users[user] @ items.T
        scores[liked[user]] = -np.inf
        best = np.argsort(-scores)[:3]
        found = sorted(rows[3 * user : 3 * user + 3], key=lambda row: row["rank"])
        assert [(row["user_id"], row["rank"]) for row in found] == [(user, n) for n in (1, 2, 3)]
        assert [row["item_id"] for row in found] == best.tolist()
        assert [row["score"] for row in found] == pytest.approx(scores[best].tolist(), rel=1e-5)


def test_sides_take_turns_and_the_warm_round_does_not_count() -> None:
    order: list[str] = []

    def side(name: str, seconds: float):
        def run() -> float:
            order.append(name)
            return seconds

        return run

    found = paired_rounds({"x": side("x", 6.0), "y": side("y", 2.0)}, Rounds(n=2, n_warm=1))
    assert order == ["x", "y", "x", "y", "y", "x"]
    assert found == {"x": [6.0, 6.0], "y": [2.0, 2.0]}
    assert ratios([6.0, 8.0, 9.0], [2.0, 2.0, 9.0]) == Spread(3.0, 1.0, 4.0)


def test_a_table_aligns_and_shows_what_is_missing(tmp_path) -> None:
    table = Table(
        "b",
        "nights",
        [
            {"items": 12000, "kind": "first", "ratio": Spread(1.25, 1.0, 2.0)},
            {"items": 178086, "kind": "ordinary", "ratio": None, "peak": 512.4},
        ],
        ("a note",),
    )
    assert table.text().splitlines() == [
        "(b) nights",
        "  items  kind              ratio  peak",
        " 12,000  first     1.25 (1 to 2)     -",
        "178,086  ordinary              -   512",
        "- a note",
    ]
    write_json(tmp_path / "found.json", {"machine": {"cores": 2}}, [table])
    written = json.loads((tmp_path / "found.json").read_text())
    assert written["machine"] == {"cores": 2}
    assert written["parts"][0]["rows"][0]["ratio"] == {"median": 1.25, "least": 1.0, "most": 2.0}


def test_a_process_below_that_is_no_worker_is_not_taken_for_one() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        found = worker_pids(os.getpid())
        other.communicate(b"\n")
    assert other.pid not in found


def test_a_process_knows_its_memory() -> None:
    status = read_status(os.getpid())
    assert status["VmHWM"] >= status["VmRSS"] > 1000
