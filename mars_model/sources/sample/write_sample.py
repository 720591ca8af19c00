"""Write the sample warehouse: items and interactions as two parquet files."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mars_model.sources.sample.films import Film, write_catalogue
from mars_model.sources.sample.tastes import draw_popularity, draw_ratings, draw_times, draw_users
from mars_model.sources.sample.themes import Theme

START = datetime(2025, 1, 1, tzinfo=UTC)
END = datetime(2026, 7, 1, tzinfo=UTC)

ITEMS_SCHEMA = pa.schema(
    [
        ("item_id", pa.int64()),
        ("title", pa.string()),
        ("text", pa.string()),
        ("genres", pa.string()),
    ]
)
INTERACTIONS_SCHEMA = pa.schema(
    [
        ("user_id", pa.int64()),
        ("item_id", pa.int64()),
        ("rating", pa.int32()),
        ("interacted_at", pa.timestamp("us", tz="UTC")),
    ]
)


@dataclass(frozen=True)
class SampleFiles:
    """Where the two tables of the sample lie."""

    items: Path
    interactions: Path


def items_table(films: list[Film], themes: list[Theme]) -> pa.Table:
    """One row per film, ordered by item_id."""
    labels = [theme.label for theme in themes]
    columns = [
        [film.item_id for film in films],
        [film.title for film in films],
        [film.text for film in films],
        ["|".join(labels[theme] for theme in film.themes) for film in films],
    ]
    return pa.table(columns, schema=ITEMS_SCHEMA)


def interactions_table(
    films: list[Film], n_themes: int, n_users: int, rng: np.random.Generator
) -> pa.Table:
    """One row per (user, item), ordered by interacted_at, then user_id and item_id."""
    membership = np.zeros((len(films), n_themes), dtype=np.bool_)
    for position, film in enumerate(films):
        membership[position, list(film.themes)] = True
    popularity = draw_popularity(membership, rng)
    item_ids = np.array([film.item_id for film in films], dtype=np.int64)
    start_us, end_us = (int(moment.timestamp()) * 1_000_000 for moment in (START, END))
    blocks = []
    for user in draw_users(n_users, n_themes, rng):
        items, ratings = draw_ratings(user, popularity, rng)
        times = draw_times(len(items), start_us, end_us, rng)
        users = np.full(len(items), user.user_id, dtype=np.int64)
        blocks.append(np.stack([users, item_ids[items], ratings, times]))
    rows = np.concatenate(blocks, axis=1)
    rows = rows[:, np.lexsort((rows[1], rows[0], rows[3]))]
    columns = [
        pa.array(row).cast(field.type) for row, field in zip(rows, INTERACTIONS_SCHEMA, strict=True)
    ]
    return pa.table(columns, schema=INTERACTIONS_SCHEMA)


def write_sample(
    folder: Path, seed: int = 7, n_users: int = 2000, n_items: int = 1000
) -> SampleFiles:
    """Write items.parquet and interactions.parquet into `folder`, which is created if needed.

    The same seed and counts give the same rows in the same order. Needs at least 100 items, so
    that every theme has some.
    """
    if n_items < 100 or n_users < 1:
        raise ValueError(
            f"write_sample: expected n_items >= 100 and n_users >= 1, "
            f"found n_items={n_items}, n_users={n_users}"
        )
    rng = np.random.default_rng(seed)
    films, themes = write_catalogue(n_items, rng)
    interactions = interactions_table(films, len(themes), n_users, rng)
    folder.mkdir(parents=True, exist_ok=True)
    sample = SampleFiles(folder / "items.parquet", folder / "interactions.parquet")
    pq.write_table(items_table(films, themes), sample.items)
    pq.write_table(interactions, sample.interactions)
    return sample
