"""What an audit measures of lists, and checks over what stands published."""

from dataclasses import replace

import pytest
from deltalake import DeltaTable
from pyspark.sql import functions as F

from mars_model.errors import InputDataError
from mars_model.night.audit import audit
from mars_model.night.audited import items_view, scored_view
from mars_model.night.build_tables import pin_inputs
from mars_model.night.check_published import check_published
from mars_model.night.checks import look_at_items, look_at_users
from mars_model.night.clock import Clock
from mars_model.night.gates import measure_gates
from mars_model.night.prepare import prepared_night
from tests.conftest import RUN_DATE
from tests.night.conftest import copy_night, lists_of, rows_of


def test_gates_compare_with_the_last_published_night(night):
    before = rows_of(night.warehouse, "recommendations")
    now = [row for row in before if row["rank"] in (1, 3) and row["user_id"] < 8]
    listed = [
        (user, [r["item_id"] for r in before if r["user_id"] == user]) for user in range(2, 11)
    ]
    users = scored_view(lists_of(night, "rank in (1, 3) and user_id < 8"), (), 4).join(
        night.warehouse.spark.createDataFrame(listed, "user_id bigint, before array<bigint>"),
        "user_id",
        "left",
    )
    items = items_view(night.warehouse, night.run.input_versions, users, RUN_DATE)
    old_scores, new_scores = (
        [r["score"] for r in some if r["source"] == "mars"] for some in (before, now)
    )
    old_mean = sum(old_scores) / len(old_scores)
    new_mean = sum(new_scores) / len(new_scores)
    last = replace(night.run, gates={"mean_score": old_mean})
    gates = measure_gates(look_at_users(users), look_at_items(items), 12, night.run, last)
    assert gates["catalogue_share"] == len({r["item_id"] for r in now}) / 12
    # Two of four items each, of users who are in both nights: 1 is new, 8 to 10 have nothing now.
    assert gates["overlap"] == 2 / 4
    assert gates["mean_score"] == pytest.approx(new_mean)
    assert gates["score_shift"] == pytest.approx(abs(new_mean - old_mean) / abs(old_mean))


def test_there_is_nothing_to_compare_with_before_the_first_night(night):
    rows = rows_of(night.warehouse, "recommendations")
    scores = [row["score"] for row in rows if row["source"] == "mars"]
    of_the_night_alone = {"catalogue_share", "fallback_share", "input_age_days"}
    assert set(night.run.gates) == of_the_night_alone | {"mean_score", "validation_map"}
    # The newest like is that of the 205 that user 8 rated on January 10, at ten o'clock.
    assert night.run.gates["input_age_days"] == 31 - 10 + 28 + 14 / 24
    assert night.run.gates["fallback_share"] == pytest.approx(2 / 10)
    bundle = night.registry.promoted()
    assert night.run.gates["validation_map"] == bundle.manifest.metrics["validation_map@500"]
    assert night.run.gates["catalogue_share"] == len({row["item_id"] for row in rows}) / 12
    assert night.run.gates["mean_score"] == pytest.approx(sum(scores) / len(scores))


@pytest.fixture(scope="module")
def audit_lists(night):
    """Audits lists as if they were those of the night."""
    pin = pin_inputs(night.warehouse)
    bundle, clock = night.registry.promoted(), Clock(lambda line: None)
    with prepared_night(night.warehouse, bundle, night.settings, RUN_DATE, pin, clock) as prepared:

        def audited(lists):
            return audit(night.warehouse, night.settings, night.run, prepared, lists, None)

        yield audited


def test_lists_that_are_as_they_should_be_pass_and_are_counted(night, audit_lists):
    report = audit_lists(lists_of(night, "true"))
    assert report.failures == []
    measured = {"catalogue_share", "fallback_share", "mean_score"}
    assert report.gates == {name: night.run.gates[name] for name in measured}
    assert report.counts.items() <= night.run.counts.items()
    # User 8 liked ten of twelve items.
    found = [(r["user_id"], r["n_rows"], r["reason"]) for r in report.unserved.collect()]
    assert found == [(8, 2, "fewer_unseen_items_than_n")]


def test_a_user_who_is_lost_or_there_twice_or_short_without_a_reason_stops_the_night(
    night, audit_lists
):
    lists = lists_of(night, "true")
    of_user = F.col("user_id") == 3
    cut = F.when(of_user, F.slice("list", 1, 3)).otherwise(F.col("list"))
    for wrong in (
        lists.where(~of_user),
        lists.unionByName(lists.where(of_user)),
        lists.withColumn("list", cut),
    ):
        (failure,) = audit_lists(wrong).failures
        assert (failure.name, failure.n_rows) == ("served_in_full", 1)
    assert failure.detail == "for example {'user_id': 3}"  # and not user 8, who has a reason


def test_what_stands_published_passes_its_own_checks(night):
    assert check_published(night.warehouse) == (night.run, [])


def test_what_stands_published_and_should_not_is_found(night, tmp_path):
    copied = copy_night(night, tmp_path / "wh")
    table = DeltaTable(copied.warehouse.location("recommendations"))
    table.update({"item_id": "101"}, predicate="user_id = 1 and rank = 2")
    table.delete("user_id = 4 and rank = 4")
    _, failures = check_published(copied.warehouse)
    found = {failure.name: (failure.n_rows, failure.detail) for failure in failures}
    assert found == {
        "no_liked_item": (1, "for example {'user_id': 1}"),
        "served_in_full": (1, "for example {'user_id': 4}"),
        "rows_as_recorded": (38, "37 rows where its record says 38"),
    }


def test_a_warehouse_without_a_night_says_what_to_run(warehouse):
    with pytest.raises(InputDataError, match="no night was published yet"):
        check_published(warehouse)
