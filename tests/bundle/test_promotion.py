"""The gate in front of the bundle in use, and the record of its decisions."""

import json
import os
from datetime import date
from pathlib import Path

import pytest

from mars_model.bundle.promotion import (
    Decision,
    Measured,
    Unmeasured,
    add_decision,
    decide,
    read_promotions,
)
from mars_model.errors import MarsBatchError

RUN_DATE = date(2026, 3, 1)
OLD, NEW = "mars-old", "mars-new"


@pytest.mark.parametrize(
    ("new_map", "in_use", "n_users", "margin", "is_promoted", "said"),
    [
        (0.1, None, 50, 0.02, True, "first model"),
        (0.0, None, 0, 0.02, True, "first model"),
        (0.3, Measured(OLD, 0.2), 50, 0.02, True, "within the margin of 2.0%"),
        (0.2, Measured(OLD, 0.2), 50, 0.0, True, "within the margin of 0.0%"),
        (0.197, Measured(OLD, 0.2), 50, 0.02, True, "MAP@500 0.1970, 0.2000 with the one in use"),
        (0.195, Measured(OLD, 0.2), 50, 0.02, False, "below the margin of 2.0%"),
        (0.195, Measured(OLD, 0.2), 50, 0.03, True, "within the margin of 3.0%"),
        (0.1999, Measured(OLD, 0.2), 50, 0.0, False, "(mars-old): below"),
        (0.0, Measured(OLD, 0.2), 50, 1.0, True, "within the margin of 100.0%"),
        (0.1, Measured(NEW, 0.1), 50, 0.0, True, "the same result as the bundle in use"),
        (0.0, Measured(OLD, 0.0), 0, 0.02, True, "no user has a like to hold out"),
        (0.1, Unmeasured("a.onnx is missing"), 50, 0.02, True, "a.onnx is missing"),
    ],
)
def test_a_bundle_is_promoted_unless_it_is_worse_by_more_than_the_margin(
    new_map, in_use, n_users, margin, is_promoted, said
):
    decision = decide(Measured(NEW, new_map), in_use, n_users, margin, RUN_DATE)
    assert decision.is_promoted is is_promoted
    assert said in decision.reason
    assert "\n" not in decision.reason
    assert (decision.model_version, decision.run_date) == (NEW, RUN_DATE)
    assert (decision.validation_map, decision.max_map_loss) == (new_map, margin)


def test_a_decision_holds_both_numbers_and_whose_they_are():
    decision = decide(Measured(NEW, 0.1), Measured(OLD, 0.2), 50, 0.02, RUN_DATE)
    assert (decision.compared_with, decision.compared_map) == (OLD, 0.2)


def said(version: str, is_promoted: bool) -> Decision:
    return Decision(model_version=version, is_promoted=is_promoted, reason="because")


def test_decisions_are_kept_in_order_and_only_promotions_change_what_is_in_use(tmp_path: Path):
    given = [said("a", True), said("b", False), said("c", True), said("b", False)]
    in_use = []
    for decision in given:
        add_decision(tmp_path, decision)
        in_use.append(read_promotions(tmp_path).model_version)
    assert in_use == ["a", "a", "c", "c"]
    assert read_promotions(tmp_path).decisions == tuple(given)
    assert [path.name for path in tmp_path.iterdir()] == ["promoted.json"]
    assert json.loads((tmp_path / "promoted.json").read_text())["model_version"] == "c"


def test_a_registry_of_before_decisions_were_recorded_is_read(tmp_path: Path):
    (tmp_path / "promoted.json").write_text('{"model_version": "a"}\n')
    add_decision(tmp_path, said("b", False))
    assert read_promotions(tmp_path).model_version == "a"
    assert read_promotions(tmp_path).decisions == (said("b", False),)


@pytest.mark.parametrize(
    "content", ["", "[]", '{"model_version": 5}', "\x00", '{"model_version": "../a"}']
)
def test_a_damaged_record_gives_way_to_a_promotion_only(tmp_path: Path, content: str):
    (tmp_path / "promoted.json").write_text(content)
    with pytest.raises(MarsBatchError, match="models --promote"):
        add_decision(tmp_path, said("b", False))
    assert (tmp_path / "promoted.json").read_text() == content
    add_decision(tmp_path, said("b", True))
    assert read_promotions(tmp_path).decisions == (said("b", True),)


def test_a_record_of_a_newer_release_is_said_to_be_one(tmp_path: Path):
    (tmp_path / "promoted.json").write_text('{"format": 2, "in_use": "a"}')
    with pytest.raises(MarsBatchError, match=r"is of format 2, .* reads 1\. Use a newer mars-bat"):
        read_promotions(tmp_path)


def test_a_record_that_is_no_plain_file_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "promoted.json")
    with pytest.raises(MarsBatchError, match="is no plain file"):
        read_promotions(tmp_path)


def test_a_bundle_is_not_left_aside_for_nothing(tmp_path: Path):
    with pytest.raises(MarsBatchError, match="no bundle is in use"):
        add_decision(tmp_path, said("b", False))
    assert read_promotions(tmp_path) is None
