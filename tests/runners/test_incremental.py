"""A week of nights, each of which scores what changed: the rows are those of full nights."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest

from mars_model.publishing.runs import Run
from mars_model.runners.incremental import full_lists
from mars_model.runners.inputs import read_inputs
from mars_model.runners.scorer import Scorer
from mars_model.runners.scoring import run_night
from mars_model.tables.contracts import IdTypes
from mars_model.tables.warehouse import Warehouse
from tests.conftest import Night, small_settings
from tests.runners.conftest import by_user

pytestmark = pytest.mark.long

FIRST = date(2026, 3, 1)
WORDS = [
    *("astronaut", "crew", "repairs", "rocket", "distant", "planet", "drifts", "orbit", "comet"),
    *("station", "launch", "airlock", "gravity", "titan", "chef", "opens", "restaurant", "cooks"),
    *("soup", "rival", "crowded", "kitchen", "salt", "sauce", "bread", "fire", "knife", "sugar"),
]
N_ITEMS, N_USERS = 70, 40
SETTINGS = small_settings()
LISTS = ("user_id", "rank", "item_id", "score", "source", "because")


class Shop:
    """A warehouse whose sources change from night to night."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.random = random.Random(3)
        for table in ("items", "interactions"):
            warehouse.create(table, IdTypes("bigint", "bigint"))
        self.put_items(range(100, 100 + N_ITEMS))
        for user in range(1, N_USERS + 1):
            # Users 1 to 3 liked too little for the model.
            self.like(user, self.random.sample(range(100, 160), 1 if user < 4 else 6), FIRST)

    def put_items(self, ids, begins=None, ends=None) -> None:
        """Items of random words, anew where they are there."""
        rows = [(i, "", " ".join(self.random.sample(WORDS, 6)), begins, ends) for i in ids]
        self._merge("items", rows, ("item_id",))

    def like(self, user: int, item_ids, day: date) -> None:
        """Five stars on the day before."""
        at = datetime(day.year, day.month, day.day) - timedelta(hours=3)
        rows = [(user, i, 5.0, at + timedelta(seconds=n)) for n, i in enumerate(item_ids)]
        self._merge("interactions", rows, ("user_id", "item_id"))

    def remove(self, item: int) -> None:
        """An item that is not there any more."""
        location = self.warehouse.location("items")
        self.warehouse.spark.sql(f"delete from delta.`{location}` where item_id = {item}")

    def put(self, table: str, rows: list[tuple]) -> None:
        """All rows of an optional source."""
        self.warehouse.create(table)
        self.warehouse.overwrite(table, self._frame(table, rows))

    def _merge(self, table: str, rows: list[tuple], keys: tuple[str, ...]) -> None:
        self.warehouse.merge(table, self._frame(table, rows), keys)

    def _frame(self, table: str, rows: list[tuple]):
        schema = self.warehouse.read(table).schema
        return self.warehouse.spark.createDataFrame(rows, schema)


def likes_arrive(shop: Shop, day: date) -> None:
    for user in (5, 9, 20):
        shop.like(user, shop.random.sample(range(100, 160), 2), day)
    shop.like(101, [100, 120, 140], day)


def items_arrive(shop: Shop, day: date) -> None:
    shop.put_items(range(200, 206))


def items_begin_and_end(shop: Shop, day: date) -> None:
    shop.put_items([210, 211], begins=datetime(2026, 3, 4))


def texts_change(shop: Shop, day: date) -> None:
    shop.put_items([104, 131])
    shop.like(102, [110], day)


def items_leave(shop: Shop, day: date) -> None:
    shop.remove(117)
    shop.put("excluded_items", [(i, None, None, None) for i in (160, 165)])


def segments_arrive(shop: Shop, day: date) -> None:
    shop.put("segment_items", [("kids", item) for item in range(100, 130)])
    shop.put("user_segments", [(6, "kids"), (7, "kids"), (8, "kids")])


def segments_change(shop: Shop, day: date) -> None:
    pairs = [("kids", item) for item in range(101, 131)]
    shop.put("segment_items", pairs + [("a few", item) for item in range(150, 170)])
    shop.put("user_segments", [(6, "kids"), (7, "a few")])
    shop.like(12, [133, 134], day)


WEEK = (
    likes_arrive,
    items_arrive,
    items_begin_and_end,
    texts_change,
    items_leave,
    segments_arrive,
    segments_change,
)


@dataclass
class Week:
    """Every night's run, its rows, and those of a full night over the same inputs."""

    night: Night
    runs: list[Run] = field(default_factory=list)
    rows: list[list[dict]] = field(default_factory=list)
    full: list[list[dict]] = field(default_factory=list)
    said: list[list[str]] = field(default_factory=list)


@pytest.fixture(scope="module")
def week(night, tmp_path_factory) -> Week:
    warehouse = Warehouse(night.warehouse.spark, str(tmp_path_factory.mktemp("week") / "wh"))
    shop = Shop(warehouse)
    shop.put_items([168, 169], ends=datetime(2026, 3, 4))
    lived = Week(Night(warehouse, night.registry, SETTINGS, night.run))
    for offset, change in enumerate((None, *WEEK)):
        day = FIRST + timedelta(days=offset)
        if change is not None:
            change(shop, day)
        said: list[str] = []
        run = run_night(warehouse, night.registry, SETTINGS, day, said.append, False)
        lived.runs.append(run)
        lived.said.append(said)
        published = warehouse.read("recommendations").where(f"run_date = date'{day}'")
        lived.rows.append(lists_of(published))
        lived.full.append(lists_of(score_in_full(lived.night, run)))
    return lived


def lists_of(frame) -> list[dict]:
    """What is served, exactly, in order."""
    return by_user([row.asDict(recursive=True) for row in frame.select(*LISTS).collect()])


def score_in_full(night: Night, run: Run):
    """The lists of all users by one call of the scorer."""
    inputs = read_inputs(night.warehouse, run.input_versions, run.model_version, run.run_date)
    scorer = Scorer(night.warehouse, night.registry.promoted(), night.settings)
    return full_lists(inputs, inputs.catalogues()[1], scorer.score, run.top_n).rows


def test_every_night_has_the_rows_of_a_full_one(week):
    for n, (found, expected) in enumerate(zip(week.rows, week.full, strict=True)):
        assert found == expected, f"night {n}"
        assert len(found) >= 4 * N_USERS
