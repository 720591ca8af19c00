"""A week of nights, each of which scores what changed: the rows are those of full nights."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from mars_model.bundle.registry import Registry
from mars_model.night.run_night import run_night
from mars_model.night.runs import Run
from mars_model.scoring.sessions import open_attention
from mars_model.tables.warehouse import Warehouse
from tests.conftest import Night, small_settings
from tests.night.conftest import by_user, copy_night, rows_of
from tests.night.plain_changes import full_rows, plain_counts, vectors_of
from tests.night.shop import TRAINED, Shop, State, promote_random_model

pytestmark = pytest.mark.long

FIRST = date(2026, 3, 1)
N_USERS = 24
NEW, LATER = range(200, 210), range(210, 218)
FOURTH = datetime(2026, 3, 4, tzinfo=UTC)
SETTINGS = small_settings()
BY_LISTS = small_settings("scoring.path=lists", "scoring.list_length=16")
TOP_N = SETTINGS.scoring.top_n
LISTS = ("user_id", "rank", "item_id", "score", "source", "because")


def opens(shop: Shop, held: list[dict]) -> None:
    """Users 1 to 3 like too little for the model; on the 4th eight items begin."""
    shop.put_items([*TRAINED, *LATER])
    for user in range(1, N_USERS + 1):
        shop.like(user, shop.random.sample(TRAINED, 1 if user < 4 else 6))
    for item in LATER:
        shop.set_window(item, begins=FOURTH)


def likes_and_items_arrive(shop: Shop, held: list[dict]) -> None:
    for user in (5, 9, 20):
        shop.like(user, shop.random.sample(sorted(shop.state.may_get(user)), 2))
    shop.like(101, [100, 120, 137])
    shop.put_items(NEW)


def texts_change_and_items_leave(shop: Shop, held: list[dict]) -> None:
    shop.put_items([104, 131])
    shop.like(102, [110])
    # Of those that stand in few lists, since most users shall keep theirs.
    listed = Counter(row["item_id"] for row in held if row["source"] == "mars")
    gone, *others = sorted(listed, key=lambda item: (listed[item], item))
    shop.remove(gone)
    shop.exclude(others[:2])
    for item in others[2:5]:
        shop.set_window(item, ends=FOURTH)


def segments_arrive(shop: Shop, held: list[dict]) -> None:
    shop.put_segments({6: "kids", 7: "kids", 10: "kids"}, {"kids": set(range(100, 125))})
    shop.forget(8)


def segments_change(shop: Shop, held: list[dict]) -> None:
    few = set(sorted(shop.state.may_get(7))[:3])
    shop.put_segments({6: "kids", 7: "few"}, {"kids": set(range(101, 126)), "few": few})
    shop.like(12, shop.random.sample(sorted(shop.state.may_get(12)), 2))
    # One item in fifty: too few for neighbour lists to be made again.
    shop.put_items([112])


def nothing_changes(shop: Shop, held: list[dict]) -> None:
    pass


WEEK = (
    (opens, SETTINGS),
    (likes_and_items_arrive, SETTINGS),
    # The path is none of what shapes lists: a night stands on one that took the other.
    (texts_change_and_items_leave, BY_LISTS),
    (segments_arrive, BY_LISTS),
    (segments_change, BY_LISTS),
    (nothing_changes, SETTINGS),
)


@dataclass
class Week:
    """Every night's run, what it served and said, and the shop's state before it."""

    night: Night
    runs: list[Run] = field(default_factory=list)
    rows: list[list[dict]] = field(default_factory=list)
    said: list[list[str]] = field(default_factory=list)
    states: list[State] = field(default_factory=list)


@pytest.fixture(scope="module")
def week(spark, tmp_path_factory) -> Week:
    folder = tmp_path_factory.mktemp("week") / "wh"
    warehouse, registry = Warehouse(spark, str(folder)), Registry(folder / "models")
    promote_random_model(registry, SETTINGS, seed=1)
    shop = Shop(warehouse, FIRST)
    lived = Week(Night(warehouse, registry, SETTINGS, run=None))
    for offset, (change, settings) in enumerate(WEEK):
        shop.state.day = FIRST + timedelta(days=offset)
        change(shop, lived.rows[-1] if lived.rows else [])
        state, said = shop.write(), []
        run = run_night(warehouse, registry, settings, state.day, said.append, False)
        lived.runs.append(run)
        lived.rows.append(published(warehouse, run))
        lived.said.append(said)
        lived.states.append(state)
    return replace(lived, night=replace(lived.night, run=run))


def published(warehouse: Warehouse, run: Run) -> list[dict]:
    """What is served, exactly, in order."""
    rows = [row for row in rows_of(warehouse, "recommendations") if row["run_id"] == run.run_id]
    return by_user([{name: row[name] for name in LISTS} for row in rows])


def in_full(night: Night, run: Run, state: State) -> list[dict]:
    """What a night that scores everybody serves."""
    attention = open_attention(night.registry.open(run.model_version).file("attention.onnx"))
    return by_user(full_rows(state, vectors_of(night.warehouse, run), attention, SETTINGS))


def test_every_night_has_the_rows_of_a_full_one(week):
    for run, rows, state in zip(week.runs, week.rows, week.states, strict=True):
        assert rows == in_full(week.night, run, state), run.run_id
        assert {row["user_id"] for row in rows} == set(state.liked)


def test_every_night_scores_whom_a_plain_loop_finds_changed_and_nobody_else(week):
    found = week.runs[0].counts
    assert (found["users"], found["users_scored"], found["users_reused"]) == (N_USERS, N_USERS, 0)
    for n in range(1, len(WEEK)):
        vectors = vectors_of(week.night.warehouse, week.runs[n])
        states = week.states[n - 1 : n + 1]
        expected = plain_counts(*states, week.rows[n - 1], vectors, TOP_N)
        kinds = ("scored_for_", "users_scored", "users_reused", "users_merged")
        counts = week.runs[n].counts
        assert {k: v for k, v in counts.items() if k == "users" or k.startswith(kinds)} == expected


@pytest.mark.parametrize(
    ("night", "name", "n"),
    [
        (1, "scored_for_new_user", 1),
        (1, "scored_for_other_history", 3),
        (1, "scored_for_fallback", 3),
        (2, "scored_for_new_user", 1),
        (3, "scored_for_other_segment", 3),
        # 6 may get other items, 7 is in another segment, 10 in none any more.
        (4, "scored_for_other_segment", 3),
        (4, "scored_for_other_history", 1),
        (5, "scored_for_short_list", 1),
        # 1 to 3, and 102 since the third night.
        (5, "scored_for_fallback", 4),
        (5, "users_scored", 5),
        (5, "users_merged", 0),
    ],
)
def test_the_run_says_what_made_lists_stale(week, night, name, n):
    assert week.runs[night].counts[name] == n


def test_the_week_has_every_reason_and_every_night_keeps_lists(week):
    reasons = {name for run in week.runs for name in run.counts if name.startswith("scored_for_")}
    assert reasons == {
        *("scored_for_new_user", "scored_for_other_history", "scored_for_other_segment"),
        *("scored_for_other_memory", "scored_for_short_list", "scored_for_fallback"),
        *("scored_for_lost_item", "scored_for_many_new_items"),
    }
    assert all(run.counts["users_reused"] > 0 for run in week.runs[1:])
    assert any(run.counts["users_merged"] > 0 for run in week.runs[1:])
    by_lists = ["users_by_path_lists" in run.counts for run in week.runs]
    assert by_lists == [settings is BY_LISTS for _, settings in WEEK]


def test_items_that_came_are_in_lists_and_those_that_went_in_none(week):
    served = [{row["item_id"] for row in rows} for rows in week.rows]
    assert served[1] & set(NEW) and served[3] & set(LATER)
    went = set(week.states[1].texts) - set(week.states[2].texts) | week.states[2].excluded
    for night, gone in ((2, went), (3, set(week.states[3].ends))):
        assert served[night - 1] & gone and not served[night] & gone


def test_a_user_who_left_is_served_no_more(week):
    assert 8 in {row["user_id"] for row in week.rows[2]}
    assert 8 not in {row["user_id"] for row in week.rows[3]}


def test_every_night_says_what_it_stands_on(week):
    assert "all users are scored: no night was published before" in week.said[0]
    for before, said in zip(week.runs, week.said[1:], strict=False):
        assert f"what changed since run {before.run_id} is scored" in said


@pytest.fixture(scope="module")
def again(week, tmp_path_factory) -> tuple[Night, Run, list[str]]:
    """The last night once more, in full, over a copy."""
    copied = copy_night(week.night, tmp_path_factory.mktemp("again") / "wh")
    said: list[str] = []
    parts = (copied.warehouse, copied.registry, SETTINGS, week.runs[-1].run_date)
    return copied, run_night(*parts, said.append, False, is_full=True), said


def test_a_full_night_writes_the_same_rows_under_the_same_name(week, again):
    copied, run, said = again
    last = week.runs[-1]
    assert run.run_id == last.run_id
    assert (run.counts["users_scored"], run.counts["users_reused"]) == (last.counts["users"], 0)
    assert "all users are scored: as was asked for" in said
    for table in ("recommendations", "recommendations_staged"):
        assert by_user(rows_of(copied.warehouse, table)) == by_user(
            rows_of(week.night.warehouse, table)
        )
    unserved = rows_of(copied.warehouse, "unserved_users")
    key = ("run_id", "user_id")
    assert sorted(unserved, key=lambda row: [row[k] for k in key]) == sorted(
        rows_of(week.night.warehouse, "unserved_users"), key=lambda row: [row[k] for k in key]
    )


def test_a_night_of_another_model_keeps_no_list(week, again):
    copied, _, _ = again
    bundle = promote_random_model(copied.registry, SETTINGS, seed=2)
    last, said = week.runs[-1], []
    day = last.run_date + timedelta(days=1)
    run = run_night(copied.warehouse, copied.registry, SETTINGS, day, said.append, False)
    assert (
        f"all users are scored: the last published night was made by {last.model_version}" in said
    )
    assert (run.model_version, run.counts["users_reused"]) == (bundle.model_version, 0)
    rows = published(copied.warehouse, run)
    assert rows == in_full(copied, run, replace(week.states[-1], day=day))
    assert [row["score"] for row in rows] != [row["score"] for row in week.rows[-1]]
