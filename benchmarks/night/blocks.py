"""Part a: the full-block scorer against attention for one user at a time, one thread each."""

import sys
from collections.abc import Callable
from functools import partial

import click
import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix
from night.per_user import LAYOUTS, PerUser
from night.prepared import TOP_N, Prepared, Vectors
from night.report import Cell, Table
from night.scorer import FullBlocks
from night.timing import Rounds, Spread, paired_rounds, ratios, timed

N_CHECKED = 20
N_ONE_BY_ONE = 300
TOLERANCE = 1e-5
HERE = "full blocks"


def measure_blocks(
    prepared: list[Prepared], vectors: tuple[Vectors, ...], n_users: int, rounds: Rounds
) -> Table:
    """Pairs a second of both for each catalogue, and their ratio in paired rounds."""
    rows = [_compare(one, kind, n_users, rounds) for one in prepared for kind in vectors]
    return Table(
        "a",
        f"full blocks against per-user attention, one thread, top {TOP_N} unseen",
        rows,
        (
            "Gpairs/s: billions of (liked item, candidate) pairs a second; median (least to most).",
            "The baseline is the faster of two layouts in each round; both are shown.",
            "Ratio: rate of the full blocks / rate of the baseline in the same round. The baseline "
            f"takes its users one by one, {N_ONE_BY_ONE} of them; the blocks take all at once.",
        ),
    )


def _compare(prepared: Prepared, vectors: Vectors, n_users: int, rounds: Rounds) -> dict[str, Cell]:
    click.echo(f"(a) {prepared.shape.n_items:,} items, {vectors} vectors", err=True)
    blocks = prepared.full_blocks(vectors)
    likes = sample_users(prepared.shape.likes(), n_users)
    per_user = {layout: PerUser.open(layout, *blocks.vectors) for layout in LAYOUTS}
    few = sample_users(likes, N_CHECKED)
    check_same_lists(blocks, few, *(one.top(few, TOP_N) for one in per_user.values()))
    some = sample_users(likes, N_ONE_BY_ONE)
    sides: dict[str, Callable[[], float]] = {
        layout: partial(timed, partial(one.top, some, TOP_N)) for layout, one in per_user.items()
    }
    seconds = paired_rounds(
        {HERE: partial(timed, partial(blocks.top, likes, TOP_N)), **sides}, rounds
    )
    n_pairs = {name: some.n_likes * likes.n_items / 1e9 for name in sides}
    n_pairs[HERE] = likes.n_likes * likes.n_items / 1e9
    each = {name: [n_pairs[name] / s for s in taken] for name, taken in seconds.items()}
    rates = {name: Spread.of(taken) for name, taken in each.items()}
    best = [max(pair) for pair in zip(*(each[layout] for layout in LAYOUTS), strict=True)]
    return {
        "items": likes.n_items,
        "vectors": vectors,
        "users": likes.n_users,
        "likes": likes.n_likes,
        "longest": int(np.diff(likes.starts).max()),
        **{f"{name}, Gpairs/s": rate for name, rate in rates.items()},
        "ratio": ratios(each[HERE], best),
    }


def sample_users(likes: LikeMatrix, n_users: int) -> LikeMatrix:
    """Some users at random, always the same."""
    n = min(n_users, likes.n_users)
    users = np.sort(np.random.default_rng(0).choice(likes.n_users, n, replace=False))
    return LikeMatrix.from_rows([likes.row(user) for user in users.tolist()], likes.n_items)


def check_same_lists(blocks: FullBlocks, users: LikeMatrix, *others: NDArray[np.int64]) -> None:
    """End the program where a list's scores differ, both by plain attention in float64."""
    here = blocks.top(users, TOP_N)
    for user_idx in range(users.n_users):
        expected = _scores(blocks, users.row(user_idx), here[user_idx])
        for other in others:
            found = _scores(blocks, users.row(user_idx), other[user_idx])
            difference = np.abs(found - expected).max()
            if not difference <= TOLERANCE:
                sys.exit(f"user {user_idx}: lists differ by {difference:.3g}: nothing is compared")


def _scores(
    blocks: FullBlocks, slots: NDArray[np.int32], items: NDArray[np.int64]
) -> NDArray[np.float64]:
    candidates, memory, item_bias = blocks.vectors
    relevance = memory[slots].astype(np.float64) @ candidates[items].astype(np.float64).T
    weights = np.exp(relevance - relevance.max(axis=0))
    return np.asarray((weights * relevance).sum(axis=0) / weights.sum(axis=0) + item_bias[items])
