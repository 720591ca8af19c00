"""A night with exclusions and segments, against a loop over what each user may be shown."""

import json
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from mars_model.cli.main import main
from mars_model.errors import InputDataError
from mars_model.importing.import_files import import_files
from mars_model.night.check_published import check_published
from mars_model.night.run_night import run_night
from mars_model.tables.contracts import IdTypes
from tests.conftest import Night
from tests.night.conftest import by_user, copy_night, put_rows, rows_of

pytestmark = pytest.mark.night

TOP_N, MIN_LIKES = 4, 2
RUN_DATE = date(2026, 3, 2)
ITEMS = (*range(101, 107), *range(201, 207))
# 205 is excluded until before the run date, 206 from after it.
EXCLUDED = {105, 202, 106}
SEGMENT_OF = {1: "kitchen", 3: "few", 4: "few", 5: "gone", 6: "ghosts", 9: "kitchen", 10: "few"}
ITEMS_OF = {
    "kitchen": {201, 202, 203, 204, 205, 206},
    "few": {101, 104, 106, 203, 999},
    "gone": {105, 106},
    "nobody": {101},
}


def write(path: Path, header: str, rows: list[str]) -> str:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(path)


def import_lists(night: Night, folder: Path, **lists: tuple[str, list[str]]) -> None:
    named = {table: write(folder / f"{table}.csv", *rows) for table, rows in lists.items()}
    import_files(night.warehouse, night.settings, None, None, named)


def run_again(night: Night, skip_published: bool = False, run_date: date = RUN_DATE):
    """A night with the lists as they are now."""
    where = night.warehouse, night.registry, night.settings, run_date
    return run_night(*where, lambda _: None, skip_published, repin=True)


@dataclass(frozen=True)
class Eligible:
    """The night, what readers see of it, and its vectors."""

    night: Night
    lists: dict[int, list[dict]]
    histories: dict[int, list[int]]
    vectors: dict[int, dict]


@pytest.fixture(scope="module")
def eligible(night, tmp_path_factory) -> Eligible:
    folder = tmp_path_factory.mktemp("eligible")
    copied = copy_night(night, folder / "wh")
    import_lists(
        copied,
        folder,
        excluded_items=(
            "item_id,excluded_from,excluded_until",
            [
                *("105,,", "202,2026-03-02,", "106,2026-01-01,2027-01-01", "999,,"),
                *("205,,2026-03-02", "206,2026-03-02 00:00:01,"),
            ],
        ),
        user_segments=("user_id,segment", [f"{u},{s}" for u, s in SEGMENT_OF.items()]),
        segment_items=("segment,item_id", [f"{s},{i}" for s in ITEMS_OF for i in ITEMS_OF[s]]),
    )
    run = run_again(copied)
    grouped: dict[int, list[dict]] = {}
    for row in by_user(rows_of(copied.warehouse, "recommendations")):
        if row["run_date"] == RUN_DATE:
            grouped.setdefault(row["user_id"], []).append(row)
    return Eligible(
        replace(copied, run=run),
        grouped,
        {r["user_id"]: r["item_ids"] for r in rows_of(copied.warehouse, "user_histories")},
        {r["item_id"]: r for r in rows_of(copied.warehouse, "item_vectors")},
    )


def may_get(user: int, liked: list[int]) -> list[int]:
    """What a user may be shown, by the rules of docs/scoring.md."""
    own = ITEMS_OF.get(SEGMENT_OF[user], set()) if user in SEGMENT_OF else set(ITEMS)
    return [i for i in ITEMS if i in own and i not in EXCLUDED and i not in liked]


def test_every_list_is_the_best_of_what_the_user_may_get(eligible):
    n_likes = {i: sum(i in liked for liked in eligible.histories.values()) for i in ITEMS}
    for user, liked in eligible.histories.items():
        scores = {}
        for item in may_get(user, liked):
            if len(liked) < MIN_LIKES:
                scores[item] = float(n_likes[item])
                continue
            candidate = np.array(eligible.vectors[item]["item_vector"], dtype=np.float64)
            memory = np.array([eligible.vectors[i]["memory_vector"] for i in liked], np.float64)
            relevance = memory @ candidate
            weights = np.exp(relevance - relevance.max())
            score = (weights @ relevance) / weights.sum()
            scores[item] = score + eligible.vectors[item]["item_bias"]
        best = sorted(scores, key=lambda i: (-scores[i], i))[:TOP_N]
        found = eligible.lists.get(user, [])
        assert [row["item_id"] for row in found] == best, user
        assert [row["score"] for row in found] == pytest.approx([scores[i] for i in best], abs=1e-5)
        assert all(row["source"] == ("mars" if len(liked) >= 2 else "popular") for row in found)


def test_likes_that_may_not_be_shown_still_count_as_reasons(eligible):
    reasons = {r["item_id"] for row in eligible.lists[2] for r in row["because"]}
    assert reasons & EXCLUDED


def test_every_short_list_has_the_reason_that_fits_it(eligible):
    found = {
        r["user_id"]: (r["n_rows"], r["reason"])
        for r in rows_of(eligible.night.warehouse, "unserved_users")
        if r["run_id"] == eligible.night.run.run_id
    }
    short = {
        user: len(may_get(user, liked))
        for user, liked in eligible.histories.items()
        if len(may_get(user, liked)) < TOP_N
    }
    in_segment = "fewer_unseen_items_in_segment_than_n"
    assert found == {
        3: (short.pop(3), in_segment),
        4: (short.pop(4), in_segment),
        5: (short.pop(5), "no_item_of_segment_is_a_candidate"),
        6: (short.pop(6), "segment_has_no_items"),
        8: (short.pop(8), "fewer_unseen_items_than_n"),
        10: (short.pop(10), in_segment),
    }
    assert short == {}


def test_the_run_pins_the_lists_that_it_read(eligible, night):
    versions = eligible.night.run.input_versions
    optional = {"excluded_items", "user_segments", "segment_items"}
    assert set(versions) == set(night.run.input_versions) | optional
    assert eligible.night.run.counts["candidates"] == len(ITEMS) - len(EXCLUDED)


def test_the_published_rows_are_checked_against_the_lists_of_their_night(eligible, tmp_path):
    copied = copy_night(eligible.night, tmp_path / "wh")
    # What is imported later is for later nights.
    put_rows(copied.warehouse, "excluded_items", [{"item_id": i} for i in ITEMS])
    assert check_published(copied.warehouse) == (eligible.night.run, [])
    rows = rows_of(copied.warehouse, "recommendations")
    for row in rows:
        if (row["user_id"], row["rank"]) == (1, 1):
            row["item_id"] = 105
    put_rows(copied.warehouse, "recommendations", rows)
    names = {failure.name for failure in check_published(copied.warehouse)[1]}
    assert {"no_excluded_item", "only_items_of_segment"} <= names


def test_a_list_that_is_imported_makes_another_night_and_an_unchanged_one_does_not(
    eligible, tmp_path
):
    copied = copy_night(eligible.night, tmp_path / "wh")
    assert run_again(copied, skip_published=True).run_id == eligible.night.run.run_id
    for table in ("excluded_items", "user_segments", "segment_items"):
        put_rows(copied.warehouse, table, [])
    ended = run_again(copied, skip_published=True)
    assert ended.run_id != eligible.night.run.run_id
    # All lists have ended: the rows are those of a night that never had any.
    rows = by_user(rows_of(copied.warehouse, "recommendations"))
    compared = ("user_id", "rank", "item_id", "score", "source", "because")
    found, plain = (
        [[row[c] for c in compared] for row in rows if row["run_date"] == day]
        for day in (RUN_DATE, copied.run_date)
    )
    assert found == plain and len(plain) == 9 * TOP_N + 2
    assert {row["run_id"] for row in rows if row["run_date"] == RUN_DATE} == {ended.run_id}


def test_segments_without_their_items_stop_the_night(night, tmp_path):
    copied = copy_night(night, tmp_path / "wh")
    put_rows(copied.warehouse, "user_segments", [{"user_id": 1, "segment": "kids"}])
    with pytest.raises(InputDataError, match=r"segment_items: not found.*--segment-items FILE"):
        run_again(copied, run_date=copied.run_date)


def test_a_user_in_two_segments_stops_the_night(night, tmp_path):
    copied = copy_night(night, tmp_path / "wh")
    put_rows(copied.warehouse, "segment_items", [{"segment": "kids", "item_id": 101}])
    both = [{"user_id": 1, "segment": segment} for segment in ("kids", "adults")]
    put_rows(copied.warehouse, "user_segments", both)
    with pytest.raises(
        InputDataError, match=r"user_segments \(version 1\): 1 users .*adults, kids"
    ):
        run_again(copied, run_date=copied.run_date)


def test_ids_of_another_type_stop_the_night(night, tmp_path):
    copied = copy_night(night, tmp_path / "wh")
    copied.warehouse.create("excluded_items", IdTypes(item="string", user="bigint"))
    expected = r"excluded_items \(version 0\): column 'item_id' is string, expected bigint as in"
    with pytest.raises(InputDataError, match=expected):
        run_again(copied, run_date=copied.run_date)


def test_explain_and_doctor_and_sql_know_the_lists(eligible):
    def run(*args: str):
        path = eligible.night.warehouse.path
        return CliRunner().invoke(main, ["--warehouse", path, *args])

    shown = run("explain", "6")
    assert shown.exit_code == 3
    assert "nothing published for user 6 in the latest night: segment_has_no_items" in shown.output
    query = "select count(*) as n from segment_items join user_segments using (segment)"
    assert json.loads(run("--json", "sql", query).stdout) == [{"n": 2 * 6 + 3 * 5 + 2}]
    assert "table excluded_items: version 1, keeps its contract" in run("doctor").output
