"""What --dry-run shows, through the commands and the job."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from mars_model.cli import night as commands
from mars_model.cli.main import main
from mars_model.cli.show import estimate_text
from mars_model.night.dry_run import Estimate
from tests.conftest import Night, small_settings

ESTIMATE = Estimate(
    run_id="2026-03-02-abcdef01",
    run_date=date(2026, 3, 2),
    model_version="mars-1",
    users=1000,
    likes=30_000,
    items=3000,
    candidates=2500,
    pairs=75_000_000,
    path="full",
    is_published=False,
    behind=("user_histories", "item_vectors"),
    items_to_encode=7,
    workers=2,
    last_run="2026-03-01-abcdef01",
    seconds=1234.4,
)


def test_an_estimate_reads_as_what_is_scored_and_how_long_it_takes() -> None:
    text = estimate_text(ESTIMATE)
    assert "dry run for 2026-03-02 with mars-1: nothing was written" in text
    assert "1,000 users with 30,000 likes; 3,000 items, 2,500 of them candidates" in text
    assert "75,000,000 pairs of like and candidate, by full blocks in 2 workers" in text
    assert "brought up to date first: user_histories, item_vectors" in text
    assert "7 items to encode" in text
    assert "about 1,234 s and the start of Spark, going by run 2026-03-01-abcdef01" in text
    assert "stands published" not in text


def test_an_estimate_says_what_is_known_already_and_what_is_not() -> None:
    text = estimate_text(
        replace(
            ESTIMATE,
            path="lists",
            is_published=True,
            behind=(),
            items_to_encode=0,
            last_run=None,
            seconds=None,
        )
    )
    assert "by certified lists" in text
    assert "run 2026-03-02-abcdef01 stands published with these inputs and settings" in text
    assert "how long it takes is not known before the first night" in text
    assert "brought up to date" not in text and "to encode" not in text


@pytest.mark.parametrize("command", ["score", "nightly"])
def test_help_names_the_option_and_not_that_of_earlier_releases(command: str) -> None:
    text = CliRunner().invoke(main, [command, "--help"]).stdout
    assert "--dry-run" in text and "--full" not in text


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """The night's own settings as a file."""
    file = tmp_path / "small.yaml"
    # JSON is YAML; paths stay those of the command line.
    tree = small_settings().model_dump(mode="json", exclude={"warehouse"})
    file.write_text(json.dumps(tree), encoding="utf-8")
    return file


def test_a_dry_run_is_json_with_json_and_knows_the_published_night(
    night: Night, conf: Path
) -> None:
    where = ["--conf", str(conf), "--warehouse", night.warehouse.path]
    date_of = ["--run-date", night.run_date.isoformat(), "--dry-run"]
    result = CliRunner().invoke(main, [*where, "--json", "nightly", *date_of])
    assert result.exit_code == 0, result.output
    estimate = json.loads(result.stdout)
    assert (estimate["run_id"], estimate["is_published"]) == (night.run.run_id, True)
    assert (estimate["users"], estimate["run_date"]) == (10, "2026-03-01")


@pytest.mark.parametrize("command", ["score", "nightly"])
def test_full_is_taken_and_changes_nothing(
    night: Night, conf: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(commands, "estimate_night", lambda *_: ESTIMATE)
    where = ["--conf", str(conf), "--warehouse", night.warehouse.path]
    shown = [
        CliRunner().invoke(main, [*where, command, "--dry-run", *words])
        for words in ([], ["--full"])
    ]
    assert [result.exit_code for result in shown] == [0, 0]
    assert shown[0].stdout == shown[1].stdout == estimate_text(ESTIMATE) + "\n"


def test_a_dry_run_without_a_bundle_says_train(night: Night, conf: Path, tmp_path: Path) -> None:
    where = ["--conf", str(conf), "--warehouse", str(tmp_path / "w")]
    result = CliRunner().invoke(main, [*where, "score", "--dry-run"])
    assert result.exit_code == 3
    assert "no bundle is in use" in result.stderr and "mars-batch train" in result.stderr


@pytest.mark.night
def test_the_job_takes_the_option() -> None:
    job = Path(__file__).parents[2] / "jobs" / "score_all_users.py"
    shown = subprocess.run(
        [sys.executable, str(job), "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert "--dry-run" in shown
