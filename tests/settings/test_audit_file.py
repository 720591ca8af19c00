"""The gates of conf/audit.yaml, and the settings that change their limits."""

from pathlib import Path

import pytest

from mars_model.errors import SettingsError
from mars_model.resources import resource_folder
from mars_model.settings import AuditSettings, audit_gates, load_settings

CHECKS = {path.stem for path in (resource_folder("sql") / "checks").rglob("*.sql")}


def test_every_check_of_sql_checks_is_a_gate_that_no_row_may_break() -> None:
    checks = {name: gate for name, gate in audit_gates().items() if gate.is_check}
    assert set(checks) == CHECKS
    assert {(gate.bound, gate.limit) for gate in checks.values()} == {("max", 0)}


def test_every_other_gate_has_a_setting_whose_default_is_the_limit_of_the_file() -> None:
    expected = {gate.setting: gate.limit for gate in audit_gates().values() if not gate.is_check}
    assert AuditSettings().model_dump() == expected


def test_every_gate_says_in_one_sentence_what_it_protects() -> None:
    for gate in audit_gates().values():
        assert gate.protects.endswith(".") and gate.protects.count(". ") == 0, gate.name


def test_a_file_beside_the_tables_and_set_change_limits_and_null_opens_a_gate(
    tmp_path: Path,
) -> None:
    text = "audit: {min_overlap: 0.25, max_map_loss: null, max_input_age_days: 2}\n"
    (tmp_path / "mars-batch.yaml").write_text(text, encoding="utf-8")
    audit = load_settings(None, ["audit.min_overlap=0.5"], str(tmp_path)).audit
    assert (audit.min_overlap, audit.max_map_loss, audit.max_input_age_days) == (0.5, None, 2)
    assert audit.max_score_shift == audit_gates()["score_shift"].limit


@pytest.mark.parametrize("setting", ["max_no_liked_item", "min_overlaps"])
def test_the_limit_of_a_check_is_no_setting_and_neither_is_an_unknown_gate(setting: str) -> None:
    with pytest.raises(SettingsError, match=f"'audit.{setting}' is not a setting"):
        load_settings(overrides=[f"audit.{setting}=3"])
