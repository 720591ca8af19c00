"""Generated likes as the warehouse's tables: written once, then added to night by night."""

import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from mars_model.features.likes import LikeMatrix
from mars_model.tables.contracts import IdTypes
from mars_model.tables.warehouse import Warehouse

IDS = IdTypes("bigint", "bigint")
FIRST_NIGHT = date(2026, 1, 1)
_DAY_US = 86_400_000_000
_YEAR_US = 365 * _DAY_US


def write_tables(warehouse: Warehouse, likes: LikeMatrix, seed: int) -> None:
    """Write items and interactions; ids are positions, likes lie in the year before the nights."""
    for table, rows in (
        ("items", items_table(likes.n_items)),
        ("interactions", interactions_table(likes, seed)),
    ):
        with tempfile.TemporaryDirectory(prefix="mars-benchmark-") as folder:
            frame = _frame(warehouse, rows, Path(folder))
            warehouse.create(table, IDS)
            warehouse.overwrite(table, frame)


def items_table(n_items: int) -> pa.Table:
    """Items with a title and no text."""
    titles = pa.array([f"Item {item_id}" for item_id in range(n_items)])
    none = pa.nulls(n_items, pa.timestamp("us", tz="UTC"))
    return pa.table(
        {
            "item_id": pa.array(np.arange(n_items, dtype=np.int64)),
            "title": titles,
            "text": pa.array([""] * n_items),
            "available_from": none,
            "available_until": none,
        }
    )


def interactions_table(likes: LikeMatrix, seed: int) -> pa.Table:
    """One event a like, at a random moment of the year before the first night."""
    rng = np.random.default_rng([seed, 3])
    last = _midnight_us(FIRST_NIGHT)
    users = np.repeat(np.arange(likes.n_users, dtype=np.int64), np.diff(likes.starts))
    moments = last - rng.integers(1, _YEAR_US, likes.n_likes)
    return _events(users, likes.item_idx.astype(np.int64), moments)


def add_likes(
    warehouse: Warehouse, users: NDArray[np.int64], items: NDArray[np.int64], night: date
) -> None:
    """Append an event for each (user, item) at noon of the day before a night."""
    moments = np.full(len(users), _midnight_us(night) - _DAY_US // 2)
    with tempfile.TemporaryDirectory(prefix="mars-benchmark-") as folder:
        frame = _frame(warehouse, _events(users, items, moments), Path(folder))
        frame.write.format("delta").mode("append").save(warehouse.location("interactions"))


def nights_from(first: date = FIRST_NIGHT) -> "NightCalendar":
    """Run dates, one after the other."""
    return NightCalendar(first)


class NightCalendar:
    """Hands out the run date of every next night."""

    def __init__(self, first: date) -> None:
        self._next = first

    def next(self) -> date:
        """The next run date."""
        today, self._next = self._next, self._next + timedelta(days=1)
        return today


def _events(
    users: NDArray[np.int64], items: NDArray[np.int64], moments_us: NDArray[np.int64]
) -> pa.Table:
    return pa.table(
        {
            "user_id": users,
            "item_id": items,
            "rating": pa.nulls(len(users), pa.float64()),
            "interacted_at": pa.array(moments_us).cast(pa.timestamp("us", tz="UTC")),
        }
    )


def _frame(warehouse: Warehouse, rows: pa.Table, folder: Path) -> DataFrame:
    pq.write_table(rows, folder / "rows.parquet")
    return warehouse.spark.read.parquet(str(folder))


def _midnight_us(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000
