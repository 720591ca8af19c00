"""Part f: a night after few changes against a full night of the same inputs."""

from dataclasses import dataclass

import click
import numpy as np
from numpy.typing import NDArray
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from mars_model.features.likes import LikeMatrix
from mars_model.night.publish import PUBLISHED_TABLE
from night.prepared import Prepared
from night.report import Cell, Table
from night.scorer import Night, Site, run_one
from night.tables import add_items, add_likes, end_items, nights_from
from night.timing import Rounds, Spread, ratios

SHARE_OF_USERS = 0.05
SHARE_OF_ITEMS = 0.01
LIKES_PER_USER = 2


@dataclass(frozen=True)
class Changes:
    """What a day brings: likes as (user, item), items that end, and how many new ones."""

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    ended: NDArray[np.int64]
    n_new: int


def measure_changes(spark: SparkSession, prepared: list[Prepared], rounds: Rounds) -> Table:
    """Seconds of an incremental night and of a full one after it, both on the same inputs."""
    rows = [_compare(spark, one, rounds) for one in prepared]
    return Table(
        "f",
        f"a night after {SHARE_OF_USERS:.0%} of the users and {SHARE_OF_ITEMS:.0%} of the items "
        "changed, against a full night of the same inputs",
        rows,
        (
            f"Each round: {LIKES_PER_USER} new likes for {SHARE_OF_USERS:.0%} of the users; half "
            "of the changed items are new, half may be recommended no more.",
            "Seconds and ratio: median (least to most).",
            "Different rows: of the last round's two nights, by user and rank; must be 0.",
        ),
    )


def draw_changes(likes: LikeMatrix, rng: np.random.Generator) -> Changes:
    """Draw a day's changes among users and items at random.

    An event for an item that its user likes already is an event like any other.
    """
    n_users = max(1, round(SHARE_OF_USERS * likes.n_users))
    n_each = max(1, round(SHARE_OF_ITEMS * likes.n_items / 2))
    users = rng.choice(likes.n_users, n_users, replace=False)
    return Changes(
        users=np.repeat(users, LIKES_PER_USER),
        # A like drawn from all likes: new ones are as popular as old ones.
        items=rng.choice(likes.item_idx, n_users * LIKES_PER_USER).astype(np.int64),
        ended=np.sort(rng.choice(likes.n_items, n_each, replace=False)),
        n_new=n_each,
    )


def _compare(spark: SparkSession, prepared: Prepared, rounds: Rounds) -> dict[str, Cell]:
    likes = prepared.shape.likes()
    rng = np.random.default_rng(4)
    calendar = nights_from()
    n_items = likes.n_items
    incremental: list[float] = []
    full: list[float] = []
    with prepared.copy(spark) as site:
        run_one(site, calendar.next())
        for number in range(rounds.n_warm + rounds.n):
            click.echo(f"(f) {likes.n_items:,} items, round {number}", err=True)
            changes, today = draw_changes(likes, rng), calendar.next()
            add_likes(site.warehouse, changes.users, changes.items, today)
            add_items(site.warehouse, n_items, n_items + changes.n_new)
            end_items(site.warehouse, changes.ended, today)
            n_items += changes.n_new
            nights = run_one(site, today, is_full=False), run_one(site, calendar.next())
            if number >= rounds.n_warm:
                incremental.append(nights[0].seconds)
                full.append(nights[1].seconds)
        n_different = count_different_rows(site, *nights)
    return {
        "users": likes.n_users,
        "items": likes.n_items,
        "incremental, s": Spread.of(incremental),
        "full, s": Spread.of(full),
        "incremental / full": ratios(incremental, full),
        "different rows": n_different,
        **nights[0].counts_of_paths(),
    }


def count_different_rows(site: Site, one: Night, other: Night) -> int:
    """(user, rank) of two published nights whose item or score differ, or that only one has."""
    rows = site.warehouse.read(PUBLISHED_TABLE)
    columns = ("user_id", "rank", "item_id", "score", "because")
    both = [
        rows.where(F.col("run_date") == F.lit(n.run.run_date)).select(*columns)
        for n in (one, other)
    ]
    return both[0].exceptAll(both[1]).count() + both[1].exceptAll(both[0]).count()
