"""A night for users who have liked everything there is."""

from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner

from mars_model.cli.main import main
from mars_model.errors import AuditFailedError
from mars_model.night.check_published import check_published
from mars_model.night.read_lists import read_lists, read_unserved_reason
from mars_model.night.run_night import run_night
from mars_model.tables.views import register_views
from tests.conftest import Night
from tests.night.conftest import copy_night, put_rows, rows_of

pytestmark = pytest.mark.night

ITEMS = (*range(101, 107), *range(201, 207))
MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
SEEN = datetime(2026, 3, 1, 10, tzinfo=UTC)


def run(night: Night, day: date):
    return run_night(
        night.warehouse, night.registry, night.settings, day, lambda _: None, skip_published=True
    )


@pytest.fixture(scope="module")
def all_seen(night: Night, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The night's ten users have liked all twelve items."""
    copied = copy_night(night, tmp_path_factory.mktemp("all_seen") / "wh")
    likes = [
        {"user_id": user, "item_id": item, "rating": 5.0, "interacted_at": SEEN}
        for user in range(1, 11)
        for item in ITEMS
    ]
    put_rows(copied.warehouse, "interactions", likes)
    return copied


def test_the_night_is_published_without_rows_and_everybody_has_the_reason(all_seen: Night) -> None:
    done = run(all_seen, MONDAY)
    assert (done.status, set(done.gates), done.failures) == ("published", {"validation_map"}, {})
    counts = {name: done.counts[name] for name in ("users", "rows", "unserved_users")}
    assert counts == {"users": 10, "rows": 0, "unserved_users": 10}
    dates = {row["run_date"] for row in rows_of(all_seen.warehouse, "recommendations")}
    assert dates == {all_seen.run_date}
    of_run = [
        r for r in rows_of(all_seen.warehouse, "unserved_users") if r["run_id"] == done.run_id
    ]
    assert sorted((r["user_id"], r["n_rows"], r["reason"]) for r in of_run) == [
        (user, 0, "fewer_unseen_items_than_n") for user in range(1, 11)
    ]


def test_readers_see_no_list_of_an_earlier_night_as_the_latest(all_seen: Night) -> None:
    warehouse = all_seen.warehouse
    run(all_seen, MONDAY)
    register_views(warehouse)
    assert warehouse.spark.table("latest_recommendations").count() == 0
    assert warehouse.spark.table("recommendation_reasons").count() == 0
    assert read_lists(warehouse, ["1", "2"]) == []
    assert read_unserved_reason(warehouse, "1") == "fewer_unseen_items_than_n"
    told = CliRunner().invoke(main, ["--warehouse", warehouse.path, "explain", "1"])
    assert (told.exit_code, "fewer_unseen_items_than_n" in told.stderr) == (3, True)
    checked, failures = check_published(warehouse)
    assert (checked.run_date, failures) == (MONDAY, [])


def test_the_same_night_again_is_left_and_the_next_one_serves_what_is_new(all_seen: Night) -> None:
    first = run(all_seen, MONDAY)
    assert run(all_seen, MONDAY) == first
    likes = [
        row
        for row in rows_of(all_seen.warehouse, "interactions")
        if (row["user_id"], row["item_id"]) != (1, 106)
    ]
    put_rows(all_seen.warehouse, "interactions", likes)
    done = run(all_seen, TUESDAY)
    assert (done.status, done.counts["rows"], done.gates["catalogue_share"]) == (
        "published",
        1,
        1 / 12,
    )
    (row,) = read_lists(all_seen.warehouse, ["1"])
    assert (row["run_date"], row["item_id"]) == (TUESDAY, 106)


def test_a_night_without_a_candidate_for_model_and_fallback_is_still_stopped(
    night: Night, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copied = copy_night(night, tmp_path_factory.mktemp("no_candidate") / "wh")
    put_rows(copied.warehouse, "excluded_items", [{"item_id": item} for item in ITEMS])
    with pytest.raises(AuditFailedError, match="catalogue_share: is 0"):
        run(copied, MONDAY)
