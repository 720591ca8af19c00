"""A week of nights, each of which scores what changed: the rows are those of full nights."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from mars_model.bundle.registry import Registry
from mars_model.publishing.runs import Run
from mars_model.runners.incremental import full_lists
from mars_model.runners.inputs import read_inputs
from mars_model.runners.scorer import Scorer
from mars_model.runners.scoring import run_night
from mars_model.tables.warehouse import Warehouse
from tests.conftest import Night, small_settings
from tests.runners.conftest import by_user, copy_night, rows_of
from tests.runners.plain_changes import plain_counts, plain_list, vectors_of
from tests.runners.shop import TRAINED, Shop, State, promote_random_model

FIRST = date(2026, 3, 1)
N_USERS = 24
SETTINGS = small_settings()
TOP_N, MIN_LIKES = SETTINGS.scoring.top_n, SETTINGS.likes.min_per_user
LISTS = ("user_id", "rank", "item_id", "score", "source", "because")


def opened(warehouse: Warehouse) -> Shop:
    """Users 1 to 3 liked too little for the model; on the 4th two items end and two begin."""
    shop = Shop(warehouse, FIRST)
    shop.put_items([*TRAINED, 210, 211])
    for user in range(1, N_USERS + 1):
        shop.like(user, shop.random.sample(TRAINED, 1 if user < 4 else 6))
    for item in (138, 139):
        shop.set_window(item, ends=datetime(2026, 3, 4, tzinfo=UTC))
    for item in (210, 211):
        shop.set_window(item, begins=datetime(2026, 3, 4, tzinfo=UTC))
    return shop


def likes_arrive(shop: Shop, held: list[dict]) -> None:
    for user in (5, 9, 20):
        shop.like(user, shop.random.sample(sorted(shop.state.may_get(user)), 2))
    shop.like(101, [100, 120, 137])


def items_arrive(shop: Shop, held: list[dict]) -> None:
    shop.put_items(range(200, 206))


def items_begin_and_end(shop: Shop, held: list[dict]) -> None:
    shop.forget(8)


def texts_change(shop: Shop, held: list[dict]) -> None:
    shop.put_items([104, 131])
    shop.like(102, [110])


def items_leave(shop: Shop, held: list[dict]) -> None:
    listed = Counter(row["item_id"] for row in held if row["source"] == "mars")
    gone, *excluded = sorted(listed, key=lambda item: (listed[item], item))[:3]
    shop.remove(gone)
    shop.exclude(excluded)


def segments_arrive(shop: Shop, held: list[dict]) -> None:
    shop.put_segments({6: "kids", 7: "kids", 10: "kids"}, {"kids": set(range(100, 125))})


def segments_change(shop: Shop, held: list[dict]) -> None:
    items_of = {"kids": set(range(101, 126)), "a few": set(range(120, 136))}
    shop.put_segments({6: "kids", 7: "a few"}, items_of)
    shop.like(12, shop.random.sample(sorted(shop.state.may_get(12)), 2))


def nothing_changes(shop: Shop, held: list[dict]) -> None:
    pass


WEEK = (
    likes_arrive,
    items_arrive,
    items_begin_and_end,
    texts_change,
    items_leave,
    segments_arrive,
    segments_change,
    nothing_changes,
)


@dataclass
class Week:
    """Every night's run, its rows, those of a full night over the same inputs, what was said."""

    night: Night
    runs: list[Run] = field(default_factory=list)
    rows: list[list[dict]] = field(default_factory=list)
    full: list[list[dict]] = field(default_factory=list)
    said: list[list[str]] = field(default_factory=list)
    states: list[State] = field(default_factory=list)


@pytest.fixture(scope="module")
def week(spark, tmp_path_factory) -> Week:
    folder = tmp_path_factory.mktemp("week") / "wh"
    warehouse, registry = Warehouse(spark, str(folder)), Registry(folder / "models")
    promote_random_model(registry, SETTINGS, seed=1)
    shop = opened(warehouse)
    lived = None
    import time

    for offset, change in enumerate((nothing_changes, *WEEK)):
        t = time.time()
        shop.state.day = FIRST + timedelta(days=offset)
        change(shop, lived.rows[-1] if lived else [])
        state, said = shop.write(), []
        t1 = time.time()
        run = run_night(warehouse, registry, SETTINGS, state.day, said.append, False)
        t2 = time.time()
        lived = lived or Week(Night(warehouse, registry, SETTINGS, run))
        lived.runs.append(run)
        lived.said.append(said)
        lived.states.append(state)
        lived.rows.append(published(warehouse, run))
        t3 = time.time()
        lived.full.append(scored_in_full(lived.night, run))
        print(
            "NIGHT",
            offset,
            change.__name__,
            round(t1 - t, 2),
            round(t2 - t1, 2),
            round(t3 - t2, 2),
            round(time.time() - t3, 2),
            run.durations_s,
            run.counts,
        )
    return lived


def published(warehouse: Warehouse, run: Run) -> list[dict]:
    """What is served, exactly, in order."""
    rows = [row for row in rows_of(warehouse, "recommendations") if row["run_id"] == run.run_id]
    return by_user([{name: row[name] for name in LISTS} for row in rows])


def scored_in_full(night: Night, run: Run) -> list[dict]:
    """The lists of all users by one call of the scorer."""
    inputs = read_inputs(night.warehouse, run.input_versions, run.model_version, run.run_date)
    scorer = Scorer(night.warehouse, night.registry.promoted(), night.settings)
    lists = full_lists(inputs, inputs.catalogues()[1], scorer.score, run.top_n)
    rows = lists.rows.select(*LISTS).toArrow().to_pylist()
    scorer.close()
    return by_user(rows)


def test_every_night_has_the_rows_of_a_full_one(week):
    for change, found, expected in zip((None, *WEEK), week.rows, week.full, strict=True):
        assert found == expected, change


def test_a(week):
    for n in range(1, len(week.runs)):
        then, now = week.states[n - 1], week.states[n]
        vectors = vectors_of(week.night.warehouse, week.runs[n])
        e = plain_counts(then, now, week.rows[n - 1], vectors, TOP_N)
        print(
            n,
            e,
            {k: v for k, v in week.runs[n].counts.items() if k.startswith("scored_for_") or k in e}
            == e,
        )
    print(Counter(r["item_id"] for r in week.rows[0]))
