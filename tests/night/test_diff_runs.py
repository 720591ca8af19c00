"""What a diff of two runs says, against rows that were written by hand."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from mars_model.cli.main import main
from mars_model.errors import InputDataError, SettingsError
from mars_model.night.diff_causes import Cause, causes_of
from mars_model.night.diff_runs import Difference, Moved, diff_runs, score_shift
from mars_model.night.rollback import roll_back
from mars_model.tables.warehouse import Warehouse
from tests.night.by_hand import MONDAY, TUESDAY, publish_by_hand, run_by_hand
from tests.night.conftest import put_rows

BEFORE = {1: [10, 11], 2: [10, 12], 3: [11, 10], 4: [12], 5: [10, 11]}
# User 1 as before, 2 in another order, 3 with another item, 4 with one more, 5 gone, 6 new.
AFTER = {1: [10, 11], 2: [12, 10], 3: [11, 13], 4: [12, 13], 6: [14]}
SETTINGS = {"scoring": {"top_n": 2, "fallback": "popular"}, "lists": 3}
INPUTS = {"items": "5f@1", "interactions": "c0@4", "segment_items": "aa@1"}


def facts(**changed: object) -> dict:
    same = {"settings": json.dumps(SETTINGS), "gates": {"mean_score": 0.5}}
    versions = {"items": 1, "interactions": 4, "segment_items": 2, "user_histories": 1}
    return same | {"input_tables": INPUTS, "input_versions": versions} | changed


FIRST = run_by_hand(MONDAY, "first", BEFORE, **facts())
SECOND = run_by_hand(TUESDAY, "second", AFTER, **facts(gates={"mean_score": 0.375}))


@pytest.fixture(scope="module")
def published(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(spark, str(tmp_path_factory.mktemp("diff") / "wh"))
    titles = {10: "Orbit", 11: "Salt", 12: " ", 13: "Titan"}
    rows = [{"item_id": item, "title": title} for item, title in titles.items()]
    put_rows(warehouse, "items", rows)
    put_rows(warehouse, "interactions", [{"user_id": 1, "item_id": 10}])
    for liked_by_3 in ([], [14]):
        histories = {1: [20], 2: [20], 3: liked_by_3, 4: [20]}
        lists = [{"user_id": u, "item_ids": i, "n_items": 1} for u, i in histories.items()]
        put_rows(warehouse, "user_histories", lists)
    publish_by_hand(warehouse, FIRST, BEFORE)
    second = replace(SECOND, input_versions={**SECOND.input_versions, "user_histories": 2})
    publish_by_hand(warehouse, second, AFTER)
    return warehouse


@pytest.fixture(scope="module")
def found(published: Warehouse) -> Difference:
    return diff_runs(published, FIRST.run_id, SECOND.run_id)


def test_users_and_lists_are_counted(found: Difference) -> None:
    users = found.users_in_both, found.users_of_first_only, found.users_of_second_only
    assert users == (4, 1, 1)
    assert (found.users_changed, found.users_reordered) == (3, 1)
    # Of 2, 3 and 4 the third alone liked something in between.
    assert found.users_changed_with_same_history == 2
    assert found.mean_overlap == pytest.approx((2 / 2 + 2 / 2 + 1 / 2 + 1 / 2) / 4)


def test_items_that_enter_and_leave_are_counted_and_the_most_frequent_named(
    found: Difference,
) -> None:
    assert (found.rows_entering, found.rows_leaving) == (2, 1)
    # 13 and 14 were recommended to nobody; no item is gone from all lists.
    assert (found.items_entering, found.items_leaving) == (2, 0)
    assert found.most_entering == [Moved(13, "Titan", 2)]
    assert found.most_leaving == [Moved(10, "Orbit", 1)]


def test_the_mean_score_moves_by_its_share(found: Difference) -> None:
    assert found.score_shift == (0.375 - 0.5) / 0.5


def test_the_other_way_round_is_the_same_seen_from_there(
    published: Warehouse, found: Difference
) -> None:
    back = diff_runs(published, SECOND.run_id, FIRST.run_id)
    assert (back.users_of_first_only, back.users_of_second_only) == (1, 1)
    assert (back.rows_entering, back.rows_leaving) == (1, 2)
    assert (back.items_entering, back.items_leaving) == (0, 2)
    assert (back.mean_overlap, back.users_changed) == (found.mean_overlap, 3)
    assert back.most_leaving == [Moved(13, "Titan", 2)]


def test_people_read_it_and_programs(published: Warehouse) -> None:
    command = ["--warehouse", published.path, "diff", FIRST.run_id, SECOND.run_id]
    shown = CliRunner().invoke(main, command)
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.splitlines() == [
        f"from run {FIRST.run_id} (published) to {SECOND.run_id} (published)",
        "users: 4 in both, 1 in the first only, 1 in the second only",
        "lists: 3 changed, 1 of them in their order only; 2 changed with the same history; on "
        "average 75.0% of a list is in the other",
        "items: 2 new in all lists, 0 gone; 2 rows entered lists, 1 left them",
        "  entered 2 lists: Titan",
        "  left 1 lists: Orbit",
        "mean score: -25.00%",
        "because of the run date: 2026-03-02 → 2026-03-03",
    ]
    told = json.loads(CliRunner().invoke(main, ["--json", *command]).stdout)
    assert told["first"]["run_id"] == FIRST.run_id
    assert told["most_entering"] == [{"item_id": 13, "title": "Titan", "n_users": 2}]
    assert told["causes"] == [{"what": "run date", "how": "2026-03-02 → 2026-03-03"}]


@pytest.fixture
def later(published: Warehouse, tmp_path: Path) -> Warehouse:
    """The same, and another run of Tuesday over the second."""
    copied = Warehouse(published.spark, str(shutil.copytree(published.path, tmp_path / "wh")))
    publish_by_hand(copied, run_by_hand(TUESDAY, "third", BEFORE, **facts()), BEFORE)
    return copied


def test_runs_that_were_superseded_or_withdrawn_are_read_as_they_stood(
    later: Warehouse, found: Difference
) -> None:
    third = "2026-03-03-third"
    superseded = diff_runs(later, SECOND.run_id, third)
    assert (superseded.first.status, superseded.second.status) == ("superseded", "published")
    assert (superseded.rows_entering, superseded.rows_leaving) == (1, 2)
    roll_back(later, FIRST.run_id)
    withdrawn = diff_runs(later, SECOND.run_id, third)
    assert (withdrawn.first.status, withdrawn.second.status) == ("withdrawn", "withdrawn")
    counts = "users_changed", "rows_entering", "rows_leaving", "mean_overlap", "most_leaving"
    for name in counts:
        assert getattr(withdrawn, name) == getattr(superseded, name)


def test_rows_that_were_vacuumed_away_are_said_to_be(later: Warehouse) -> None:
    DeltaTable(later.location("recommendations")).vacuum(0, False, False)
    with pytest.raises(InputDataError, match="may have been vacuumed away"):
        diff_runs(later, SECOND.run_id, "2026-03-03-third")


def test_an_unknown_run_is_named(published: Warehouse) -> None:
    with pytest.raises(SettingsError, match=r"run x: there is no such run.*2026-03-03-second"):
        diff_runs(published, FIRST.run_id, "x")


@pytest.mark.parametrize(
    ("changed", "causes"),
    [
        ({}, []),
        ({"input_tables": INPUTS | {"items": "5f@3"}}, [("catalogue", "items version 1 → 9")]),
        (
            {"input_tables": INPUTS | {"interactions": "d7@4"}},
            [("histories", "interactions was deleted and made anew")],
        ),
        (
            {"input_tables": INPUTS | {"excluded_items": "bb@1"}},
            [("exclusions", "excluded_items is new")],
        ),
        (
            {"input_tables": {t: INPUTS[t] for t in ("items", "interactions")}},
            [("segments", "segment_items is not there")],
        ),
        (
            {"settings": json.dumps({"scoring": {"top_n": 3, "fallback": None}, "lists": 4})},
            [
                ("software", "lists: 3 → 4"),
                ("settings", "scoring.fallback: popular → none"),
                ("settings", "scoring.top_n: 2 → 3"),
            ],
        ),
        (
            {"input_tables": {}},
            [
                (
                    "inputs and settings",
                    "the record of 2026-03-02-other is of an earlier release and does not say",
                )
            ],
        ),
    ],
)
def test_causes_are_what_the_records_say(changed: dict, causes: list[tuple[str, str]]) -> None:
    versions = {"items": 9, "interactions": 9, "segment_items": 9}
    other = replace(FIRST, run_id="2026-03-02-other", input_versions=versions, **changed)
    assert causes_of(FIRST, other) == [Cause(*cause) for cause in causes]


def test_another_model_is_a_cause_and_its_scores_do_not_compare() -> None:
    other = replace(SECOND, model_version="mars-2")
    assert Cause("model", "mars-1 → mars-2") in causes_of(FIRST, other)
    assert score_shift(FIRST, SECOND) == -0.25
    assert score_shift(FIRST, other) is None
    assert score_shift(replace(FIRST, gates={}), SECOND) is None
