"""Which night an incremental night may stand on, and why it may not."""

from dataclasses import replace
from datetime import date

import pytest
from deltalake import DeltaTable

from mars_model.night.basis import Basis, find_basis
from mars_model.night.run_night import shaping_settings
from mars_model.night.runs import read_runs
from tests.conftest import RUN_DATE, Night, small_settings
from tests.night.conftest import by_user, copy_night, put_rows, rows_of

LATER = date(2026, 3, 20)


def basis_of(night: Night, run_date: date = LATER, *overrides: str) -> Basis | str:
    shaping = shaping_settings(small_settings(*overrides))
    earlier = read_runs(night.warehouse)
    return find_basis(night.warehouse, earlier, run_date, night.run.model_version, shaping)


def lists_of(basis: Basis) -> list[dict]:
    return by_user(basis.rows.toArrow().to_pylist())


def test_a_night_stands_on_the_last_published_one(night):
    found = basis_of(night)
    assert found.run == night.run
    assert lists_of(found) == by_user(rows_of(night.warehouse, "recommendations"))


@pytest.mark.parametrize("way", ["scoring.path=lists", "scoring.max_memory_mb=512"])
def test_how_lists_are_computed_is_no_reason_against_it(night, way):
    assert basis_of(night, LATER, way).run == night.run


@pytest.mark.parametrize(
    ("run_date", "override", "why"),
    [
        (RUN_DATE, "scoring.n_reasons=3", "the last published night is that of 2026-03-01"),
        (date(2026, 2, 1), "scoring.n_reasons=3", "the last published night is that of 2026-03-01"),
        (LATER, "scoring.n_reasons=2", "had other settings of scoring, likes or audit"),
        (LATER, "likes.min_per_user=3", "had other settings of scoring, likes or audit"),
        (LATER, "audit.min_overlap=0.5", "had other settings of scoring, likes or audit"),
    ],
)
def test_a_night_stands_on_none_that_is_later_or_made_otherwise(night, run_date, override, why):
    assert why in basis_of(night, run_date, override)


def test_a_night_of_another_model_is_named(night):
    other = replace(night, run=replace(night.run, model_version="mars-other"))
    assert f"was made by {night.run.model_version}" in basis_of(other)


def test_a_warehouse_without_a_night_says_so(night, warehouse):
    assert basis_of(replace(night, warehouse=warehouse)) == "no night was published before"


def test_rows_that_were_changed_since_are_not_what_a_night_stands_on(night, tmp_path):
    copied = copy_night(night, tmp_path / "wh")
    rows = rows_of(copied.warehouse, "recommendations")
    put_rows(copied.warehouse, "recommendations", [{**row, "score": 9.0} for row in rows])
    assert lists_of(basis_of(copied)) == by_user(rows)


def test_a_version_that_was_vacuumed_away_is_named(night, tmp_path):
    copied = copy_night(night, tmp_path / "wh")
    put_rows(copied.warehouse, "user_histories", rows_of(copied.warehouse, "user_histories")[:5])
    histories = DeltaTable(copied.warehouse.location("user_histories"))
    histories.vacuum(0, dry_run=False, enforce_retention_duration=False)
    found = basis_of(copied)
    assert f"of what run {night.run.run_id} read or wrote" in found
    assert "files are gone" in found and "user_histories" in found
