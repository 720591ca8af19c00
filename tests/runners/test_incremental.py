"""A week of nights, each of which scores what changed: the rows are those of full nights."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest

from mars_model.publishing.runs import Run
from mars_model.runners.basis import Basis, find_basis
from mars_model.runners.incremental import full_lists
from mars_model.runners.inputs import read_inputs
from mars_model.runners.scorer import Scorer
from mars_model.runners.scoring import run_night, shaping_settings
from mars_model.tables.contracts import IdTypes
from mars_model.tables.warehouse import Warehouse
from tests.conftest import Night, small_settings
from tests.runners.conftest import by_user, copy_night, rows_of

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


def test_lists_are_kept_in_every_night_but_the_first(week):
    assert week.runs[0].counts["users_reused"] == 0
    assert all(run.counts["users_reused"] > 10 for run in week.runs[1:])
    assert week.said[0].count("all users are scored: no night was published before") == 1
    assert f"what changed since run {week.runs[0].run_id} is scored" in week.said[1]


def test_every_user_is_counted_once(week):
    for run in week.runs:
        counts = run.counts
        assert counts["users"] == counts["users_scored"] + counts["users_reused"]
    for run in week.runs[1:]:
        reasons = [n for name, n in run.counts.items() if name.startswith("scored_for_")]
        assert sum(reasons) == run.counts["users_scored"]


@pytest.mark.parametrize(
    ("night", "name", "n"),
    [
        (1, "scored_for_new_user", 1),
        (1, "scored_for_other_history", 3),
        (1, "scored_for_fallback", 3),
        (4, "scored_for_new_user", 1),
        (6, "scored_for_other_segment", 3),
        # 6 has other items, 7 another segment, 8 none any more.
        (7, "scored_for_other_segment", 3),
        (7, "scored_for_other_history", 1),
    ],
)
def test_the_run_says_what_made_lists_stale(week, night, name, n):
    assert week.runs[night].counts[name] == n


def test_new_items_are_merged_into_lists_that_are_kept(week):
    assert week.runs[2].counts["users_merged"] > 0
    assert {row["item_id"] for row in week.rows[2]} & set(range(200, 206))


def test_items_that_went_are_in_no_list(week):
    gone = {3: {168, 169}, 5: {117, 160, 165}}
    for night, items in gone.items():
        assert not {row["item_id"] for row in week.rows[night]} & items
        assert {row["item_id"] for row in week.rows[night - 1]} & items
        assert week.runs[night].counts["scored_for_lost_item"] > 0


def test_a_text_that_changed_is_read_anew_where_it_was_liked(week):
    assert week.runs[4].counts["scored_for_other_memory"] > 0


@pytest.fixture(scope="module")
def again(week, tmp_path_factory) -> tuple[Night, Run, list[str]]:
    """The last night once more, in full, over a copy."""
    copied = copy_night(week.night, tmp_path_factory.mktemp("again") / "wh")
    said: list[str] = []
    last = week.runs[-1]
    parts = (copied.warehouse, week.night.registry, SETTINGS, last.run_date)
    return copied, run_night(*parts, said.append, False, is_full=True), said


def test_a_full_night_writes_the_same_rows_under_the_same_name(week, again):
    copied, run, said = again
    last = week.runs[-1]
    assert run.run_id == last.run_id
    assert (run.counts["users_scored"], run.counts["users_reused"]) == (last.counts["users"], 0)
    assert "all users are scored: as was asked for" in said
    for table in ("recommendations", "recommendations_staged", "unserved_users"):
        key = (lambda rows: rows) if table == "unserved_users" else by_user
        assert key(rows_of(copied.warehouse, table)) == key(rows_of(week.night.warehouse, table))


def basis_of(night: Night, run_date: date, model_version=None, *overrides: str) -> Basis | str:
    settings = small_settings(*overrides)
    model = model_version or night.run.model_version
    return find_basis(night.warehouse, run_date, model, shaping_settings(settings))


def test_a_night_stands_on_the_last_published_one(week):
    found = basis_of(week.night, FIRST + timedelta(days=20))
    assert found.run.run_id == week.runs[-1].run_id
    assert lists_of(found.rows) == week.rows[-1]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((FIRST + timedelta(days=7),), "the last published night is that of 2026-03-08"),
        ((FIRST + timedelta(days=2),), "the last published night is that of 2026-03-08"),
        ((date(2026, 4, 1), "mars-other"), "the last published night was made by mars-"),
        ((date(2026, 4, 1), None, "scoring.n_reasons=2"), "had other settings of scoring, likes"),
    ],
)
def test_a_night_stands_on_none_that_is_later_or_made_otherwise(week, arguments, why):
    assert why in basis_of(week.night, *arguments)


def test_rows_that_were_changed_by_hand_are_not_what_a_night_stands_on(again, week):
    copied, _, _ = again
    location = copied.warehouse.location("recommendations")
    copied.warehouse.spark.sql(f"update delta.`{location}` set score = 9 where user_id = 30")
    found = basis_of(copied, FIRST + timedelta(days=20))
    assert lists_of(found.rows) == week.rows[-1]


def test_a_version_that_was_vacuumed_away_is_named(again):
    copied, run, _ = again
    spark, location = copied.warehouse.spark, copied.warehouse.location("user_histories")
    copied.warehouse.overwrite("user_histories", copied.warehouse.read("user_histories").limit(5))
    spark.conf.set("spark.databricks.delta.retentionDurationCheck.enabled", "false")
    spark.sql(f"vacuum delta.`{location}` retain 0 hours")
    spark.conf.unset("spark.databricks.delta.retentionDurationCheck.enabled")
    found = basis_of(copied, FIRST + timedelta(days=20))
    assert f"of what run {run.run_id} read or wrote" in found
    assert "files are gone" in found and "user_histories" in found
