"""Ids and queries that begin with a hyphen."""

import json

import pytest
from click.testing import CliRunner, Result

from mars_model.cli.main import main
from tests.conftest import Night


def explain(path: str, *words: str) -> Result:
    return CliRunner().invoke(main, ["--json", "--warehouse", path, "explain", *words])


@pytest.mark.parametrize(
    "user_id", ["-5", "-hello", "--user", "-", "--", "-x=1", "--json-ids", "-1 or 1", "-é"]
)
def test_an_id_that_begins_with_a_hyphen_is_an_id(night: Night, user_id: str) -> None:
    words = ["--", user_id] if user_id == "--" else [user_id]
    result = explain(night.warehouse.path, *words)
    assert result.exit_code == 3
    assert (
        f"nothing published for user {user_id} in the latest" in json.loads(result.stdout)["error"]
    )


def test_two_such_ids_are_user_and_item(night: Night) -> None:
    result = explain(night.warehouse.path, "-5", "-h-7")
    assert "user -5 and item -h-7" in json.loads(result.stdout)["error"]


def test_a_global_option_behind_the_command_is_no_id(night: Night) -> None:
    result = explain(night.warehouse.path, "1", "--verbose")
    assert result.exit_code == 2
    assert "mars-batch --verbose … explain" in result.stderr
    assert explain(night.warehouse.path, "--", "--verbose").exit_code == 3


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_is_still_help(word: str) -> None:
    shown = CliRunner().invoke(main, ["explain", word])
    assert (shown.exit_code, "Example: mars-batch explain" in shown.stdout) == (0, True)


def test_too_many_ids_are_wrong_usage(night: Night) -> None:
    assert explain(night.warehouse.path, "-1", "-2", "-3").exit_code == 2
