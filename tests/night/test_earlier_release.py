"""A night over lists that a release without kinds of reasons published."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from deltalake import CommitProperties, DeltaTable, write_deltalake

from mars_model.cli.main import main
from mars_model.errors import InputDataError
from mars_model.night.read_lists import read_lists
from mars_model.night.run_night import run_night
from mars_model.tables.views import register_views
from tests.conftest import Night
from tests.night.conftest import by_user, copy_night, rows_of

pytestmark = pytest.mark.night

NEW = ("reason_kind", "reason", "named_items", "score_without_named", "best_unlisted_score")
NEXT_DAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def earlier(night: Night, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The night as the release before would have left it."""
    copied = copy_night(night, tmp_path_factory.mktemp("earlier") / "wh")
    location = copied.warehouse.location("recommendations")
    lists = DeltaTable(location).to_pyarrow_table().drop_columns(NEW)
    (first,) = (c for c in DeltaTable(location).history() if "userMetadata" in c)
    note = CommitProperties(custom_metadata={"userMetadata": first["userMetadata"]})
    write_deltalake(
        *(location, lists),
        mode="overwrite",
        schema_mode="overwrite",
        partition_by=["run_date"],
        commit_properties=note,
    )
    return copied


@pytest.fixture(scope="module")
def upgraded(earlier: Night, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The same, and the day after by this release."""
    copied = copy_night(earlier, tmp_path_factory.mktemp("upgraded") / "wh")
    run_night(
        *(copied.warehouse, copied.registry, copied.settings, NEXT_DAY),
        lambda line: None,
        skip_published=False,
    )
    return copied


def test_before_the_first_night_readers_say_what_to_run(earlier: Night) -> None:
    for read in (lambda w: read_lists(w, ["1"]), register_views):
        with pytest.raises(InputDataError, match=r"'reason' is missing.*mars-batch nightly"):
            read(earlier.warehouse)


def test_old_rows_stay_as_they_are(upgraded: Night, earlier: Night) -> None:
    old = [r for r in rows_of(upgraded.warehouse, "recommendations") if r["run_date"] != NEXT_DAY]
    before = [row | dict.fromkeys(NEW) for row in rows_of(earlier.warehouse, "recommendations")]
    assert by_user(old) == by_user(before)


def test_new_rows_have_kinds_and_sentences(upgraded: Night) -> None:
    rows = [r for r in rows_of(upgraded.warehouse, "recommendations") if r["run_date"] == NEXT_DAY]
    assert len(rows) == 38
    assert all(row["reason_kind"] and row["reason"] for row in rows)


def test_readers_have_the_new_lists(upgraded: Night) -> None:
    path = Path(upgraded.warehouse.path)
    shown = CliRunner().invoke(main, ["--warehouse", str(path), "--json", "explain", "1"])
    assert shown.exit_code == 0, shown.output
    items = json.loads(shown.stdout)
    register_views(upgraded.warehouse)
    query = "select rank, reason from recommendation_reasons where user_id = 1 order by rank"
    found = [tuple(row) for row in upgraded.warehouse.spark.sql(query).collect()]
    assert [(row["rank"], row["reason"]) for row in items] == found
    assert all(reason for _, reason in found)
