"""What --dry-run and --full show, through the commands and the job."""

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
from mars_model.cli.show import run_text
from mars_model.cli.show_dry_run import estimate_text
from mars_model.night.dry_run import Estimate, ToScore
from tests.conftest import Night, small_settings

ESTIMATE = Estimate(
    run_date=date(2026, 3, 2),
    model_version="mars-1",
    items=3000,
    candidates=2500,
    everything=ToScore(1000, 30_000, 75_000_000),
    needed=ToScore(50, 1500, 3_750_000),
    users_reused_at_most=950,
    stands_on="2026-03-01-abcdef01",
    why_full=None,
    published_run=None,
    behind=("user_histories", "item_vectors"),
    makes_lists=False,
    items_to_encode=7,
    encode_s=0.5,
    score_s=2.0,
    full_score_s=40.0,
    other_steps_s=None,
    probe_users=256,
    workers=2,
    worker_memory_mb=400.0,
    catalogue_mb=3.0,
)


def test_an_estimate_reads_as_what_is_scored_and_what_is_kept() -> None:
    text = estimate_text(ESTIMATE)
    assert "dry run for 2026-03-02 with mars-1: nothing was written" in text
    assert "1,000 users with 30,000 likes (slots); 3,000 items, 2,500 of them candidates" in text
    assert "at least 50 users are scored, at most 950 keep their list of run 2026-03-01" in text
    assert "brought up to date first: user_histories, item_vectors" in text
    assert "7 items to encode, about 0.5 s" in text
    assert "scoring takes about 2.0 s, all users 40.0 s, going by 256 users" in text
    assert "neighbour lists" not in text and "stands published" not in text


def test_an_estimate_says_why_all_are_scored_and_that_lists_are_made_first() -> None:
    text = estimate_text(replace(ESTIMATE, why_full="as was asked for", makes_lists=True))
    assert "all users are scored: as was asked for" in text
    assert "neighbour lists are made first, which is not in the seconds below" in text


def test_a_run_says_how_many_users_kept_their_list(night: Night) -> None:
    run = replace(night.run, counts=night.run.counts | {"users_scored": 3, "users_reused": 1007})
    assert "3 users were scored, 1,007 keep their list" in run_text(run, "shop")


@pytest.mark.parametrize("command", ["score", "nightly"])
def test_help_names_both_options(command: str) -> None:
    text = CliRunner().invoke(main, [command, "--help"]).stdout
    assert "--dry-run" in text and "--full" in text


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
    assert estimate["published_run"] == night.run.run_id
    assert estimate["everything"]["users"] == 10
    assert "the last published night is that of" in estimate["why_full"]


@pytest.mark.parametrize(("words", "shown"), [(["--full"], True), ([], False)])
def test_a_full_night_is_estimated_where_it_is_asked_for(
    night: Night, conf: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], shown: bool
) -> None:
    def estimate(warehouse, registry, settings, run_date, is_full) -> Estimate:
        why = "as was asked for" if is_full else None
        return replace(ESTIMATE, run_date=run_date, why_full=why)

    monkeypatch.setattr(commands, "estimate_night", estimate)
    where = ["--conf", str(conf), "--warehouse", night.warehouse.path]
    result = CliRunner().invoke(main, [*where, "score", "--dry-run", *words])
    assert result.exit_code == 0, result.output
    assert ("all users are scored: as was asked for" in result.stdout) == shown


def test_a_dry_run_without_a_bundle_says_train(night: Night, conf: Path, tmp_path: Path) -> None:
    where = ["--conf", str(conf), "--warehouse", str(tmp_path / "w")]
    result = CliRunner().invoke(main, [*where, "score", "--dry-run"])
    assert result.exit_code == 3
    assert "no bundle is in use" in result.stderr and "mars-batch train" in result.stderr


@pytest.mark.night
def test_the_job_takes_both_options() -> None:
    job = Path(__file__).parents[2] / "jobs" / "score_all_users.py"
    shown = subprocess.run(
        [sys.executable, str(job), "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert "--dry-run" in shown and "--full" in shown
