"""Part c: how the time of an ordinary night grows with users, items and history length."""

from collections.abc import Callable, Iterator

import click
from pyspark.sql import SparkSession

from night.prepared import Preparer, Shape, with_other
from night.report import Cell, Table
from night.scorer import run_one
from night.tables import nights_from
from night.timing import Rounds, Spread

Change = Callable[[int], tuple[Shape, Shape | None]]


def measure_growth(
    spark: SparkSession, preparer: Preparer, base: Shape, n_doublings: int, rounds: Rounds
) -> Table:
    """Seconds of an ordinary night from `base`, each of its three sizes doubled by itself."""
    rows: list[dict[str, Cell]] = []
    for name, change in _changes(base):
        before: float | None = None
        for doubling in range(n_doublings + 1):
            shape, likes_of = change(2**doubling)
            row, median = _measure(spark, preparer, shape, likes_of, rounds)
            ratio = None if before is None else median / before
            rows.append({"doubled": name, **row, "night / night before": ratio})
            before = median
    return Table(
        "c",
        "an ordinary night as users, items and history length are doubled",
        rows,
        (
            "Seconds: median (least to most).",
            "More users and longer histories use the model trained on the base; more items need "
            "a model of their own.",
            "`score, s` is the step that scores and stages; the rest of a night is Spark's steps "
            "over tables that grow with the rows.",
        ),
    )


def _changes(base: Shape) -> Iterator[tuple[str, Change]]:
    """What to train on, and the likes that replace those of the training, for a factor."""

    def users(factor: int) -> tuple[Shape, Shape | None]:
        return base, with_other(base, n_users=factor * base.n_users) if factor > 1 else None

    def items(factor: int) -> tuple[Shape, Shape | None]:
        return with_other(base, n_items=factor * base.n_items), None

    def history(factor: int) -> tuple[Shape, Shape | None]:
        longer = with_other(base, mean_likes=factor * base.mean_likes)
        return base, longer if factor > 1 else None

    yield from (("users", users), ("items", items), ("history", history))


def _measure(
    spark: SparkSession, preparer: Preparer, shape: Shape, likes_of: Shape | None, rounds: Rounds
) -> tuple[dict[str, Cell], float]:
    prepared = preparer.prepare(shape, likes_of)
    calendar = nights_from()
    with prepared.copy(spark) as site:
        every = [run_one(site, calendar.next()) for _ in range(rounds.n_warm + rounds.n)]
        nights = every[rounds.n_warm :]
    size = prepared.shape
    seconds = Spread.of([night.seconds for night in nights])
    click.echo(f"(c) {size}: {seconds} s", err=True)
    row: dict[str, Cell] = {
        "users": size.n_users,
        "items": size.n_items,
        "mean likes": size.mean_likes,
        "night, s": seconds,
        "score, s": Spread.of([night.score_s for night in nights]),
    }
    return row, seconds.median
