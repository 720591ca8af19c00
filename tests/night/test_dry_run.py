"""A dry run counts, and leaves every file as it was."""

from datetime import date
from pathlib import Path

import pytest

from mars_model.bundle.registry import Registry
from mars_model.errors import InputDataError
from mars_model.night.dry_run import estimate_night
from tests.conftest import RUN_DATE, small_settings
from tests.night.conftest import copy_sources, put_rows, rows_of


def files_of(folder: str) -> dict[str, tuple[int, int]]:
    """Size and time of every file under a folder."""
    paths = [path for path in Path(folder).rglob("*") if path.is_file()]
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in paths}


@pytest.mark.parametrize("path", ["full", "lists"])
def test_a_dry_run_counts_the_night_and_writes_nothing(night, path):
    settings = small_settings(f"scoring.path={path}")
    before = files_of(night.warehouse.path)
    estimate = estimate_night(night.warehouse, night.registry, settings, RUN_DATE)
    assert files_of(night.warehouse.path) == before
    assert (estimate.users, estimate.likes, estimate.items) == (10, 39, 12)
    assert (estimate.candidates, estimate.pairs) == (12, 39 * 12)
    assert estimate.path == path
    assert (estimate.behind, estimate.items_to_encode) == ((), 0)
    # Neither the path nor its sizes change a row, so it is the night that stands there.
    assert (estimate.run_id, estimate.is_published) == (night.run.run_id, True)


def test_seconds_are_those_of_the_last_night_with_its_scoring_in_proportion(night):
    estimate = estimate_night(night.warehouse, night.registry, night.settings, RUN_DATE)
    steps = rows_of(night.warehouse, "recommendation_runs")[0]["durations_s"]
    # The night scored the 38 likes of users with two or more.
    scoring = dict(steps)["score"]
    expected = sum(dict(steps).values()) - scoring + scoring * 39 / 38
    assert estimate.seconds == pytest.approx(expected, abs=0.06)
    assert estimate.last_run == night.run.run_id


def test_another_night_is_named_as_it_would_be_and_not_taken_for_the_published_one(night):
    settings = small_settings("scoring.top_n=3")
    other = estimate_night(night.warehouse, night.registry, settings, RUN_DATE)
    assert other.run_id != night.run.run_id and not other.is_published
    # Before 2 January there is the first like of each of nine users.
    earlier = estimate_night(night.warehouse, night.registry, night.settings, date(2026, 1, 2))
    assert earlier.behind == ("user_histories",)
    assert (earlier.users, earlier.likes) == (10, 9)


def test_tables_that_are_behind_are_named_and_not_built(night, tmp_path):
    warehouse = copy_sources(night, tmp_path / "warehouse")
    before = files_of(warehouse.path)
    estimate = estimate_night(warehouse, night.registry, night.settings, RUN_DATE)
    assert files_of(warehouse.path) == before
    assert set(estimate.behind) == {"item_documents", "user_histories", "item_vectors"}
    assert (estimate.users, estimate.items_to_encode) == (10, 12)
    assert (estimate.last_run, estimate.seconds) == (None, None)


def test_without_a_model_it_says_to_train_one(night, tmp_path):
    with pytest.raises(InputDataError, match="mars-batch train"):
        estimate_night(night.warehouse, Registry(tmp_path / "models"), night.settings, RUN_DATE)


@pytest.mark.parametrize("n_users", [0, 1])
def test_a_shop_with_hardly_a_user_is_estimated(night, tmp_path, n_users):
    warehouse = copy_sources(night, tmp_path / "warehouse")
    likes = rows_of(warehouse, "interactions")
    put_rows(warehouse, "interactions", [row for row in likes if row["user_id"] <= n_users])
    estimate = estimate_night(warehouse, night.registry, night.settings, RUN_DATE)
    # User 1 liked 101 to 104; the fifth event is no like.
    assert (estimate.users, estimate.likes) == (n_users, 4 * n_users)
    assert estimate.pairs == 4 * n_users * 12
