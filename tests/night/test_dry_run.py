"""A dry run counts and measures, and leaves every file as it was."""

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
    estimate = estimate_night(night.warehouse, night.registry, settings, RUN_DATE, True)
    assert files_of(night.warehouse.path) == before
    assert (estimate.everything.users, estimate.everything.slots) == (10, 39)
    assert (estimate.items, estimate.candidates) == (12, 12)
    assert estimate.everything.pairs == 39 * 12
    assert estimate.full_score_s > 0 and estimate.worker_memory_mb > 50
    assert estimate.behind == ()
    # The night has none: they would be made first.
    assert estimate.makes_lists == (path == "lists")


def test_tables_that_are_behind_are_named_and_not_built(night, tmp_path):
    warehouse = copy_sources(night, tmp_path / "warehouse")
    before = files_of(warehouse.path)
    estimate = estimate_night(warehouse, night.registry, night.settings, RUN_DATE, False)
    assert files_of(warehouse.path) == before
    assert set(estimate.behind) == {"item_documents", "user_histories", "item_vectors"}
    assert estimate.everything.users == 10 and estimate.why_full is not None


def test_without_a_model_it_says_to_train_one(night, tmp_path):
    with pytest.raises(InputDataError, match="mars-batch train"):
        estimate_night(
            night.warehouse, Registry(tmp_path / "models"), night.settings, RUN_DATE, False
        )


@pytest.mark.parametrize("n_users", [0, 1])
def test_a_shop_with_hardly_a_user_is_estimated(night, tmp_path, n_users):
    warehouse = copy_sources(night, tmp_path / "warehouse")
    likes = rows_of(warehouse, "interactions")
    put_rows(warehouse, "interactions", [row for row in likes if row["user_id"] <= n_users])
    before = files_of(warehouse.path)
    estimate = estimate_night(warehouse, night.registry, night.settings, RUN_DATE, False)
    assert files_of(warehouse.path) == before
    # User 1 liked 101 to 104; the fifth event is no like.
    assert (estimate.everything.users, estimate.everything.slots) == (n_users, 4 * n_users)
    assert estimate.probe_users == n_users
    assert estimate.items_to_encode == 12
