"""Credentials of the environment, of Spark and of addresses stand in nothing that is written."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from deltalake import DeltaTable

from mars_model.cli.main import main
from tests.conftest import RUN_DATE, Night
from tests.night.conftest import copy_night

AWS, AZURE, URL = "wJalrX/UtnFEMI+K7MDENG", "c2hvcC1hY2NvdW50LWtleQ==", "pa55-of-the-address"
ACCOUNT = "spark.hadoop.fs.azure.account.key.shop.dfs.core.windows.net"
SECRETS = (AWS, AZURE, URL)
NEXT_DAY = (RUN_DATE + timedelta(days=1)).isoformat()


def holds_secret(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def leaks_below(folder: Path) -> list[str]:
    """Files that hold a secret, as bytes or as rows of a table or in a commit's note."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and holds_secret(path.read_bytes().decode("latin-1")):
            found.append(str(path))
        if path.name == "_delta_log":
            table = DeltaTable(path.parent)
            if holds_secret(repr((table.to_pyarrow_table().to_pylist(), table.history()))):
                found.append(f"rows of {path.parent}")
    return found


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", AWS)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    known = os.environ.get("PYSPARK_SUBMIT_ARGS", "pyspark-shell")
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", f"--conf {ACCOUNT}={AZURE} {known}")


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (["--set", f"fs.azure.account.key={AZURE}", "runs"], 2),
        (["--set", f"tracking.password={URL}-more", "models"], 2),
        (["--set", f"tracking.uri=[https://me:{URL}@host", "models"], 1),
        (["--set", f'tracking={{uri: ["https://me:{URL}@host"]}}', "models"], 2),
        (["--verbose", "--warehouse", f"s3a://AKIA:{AWS}@shop/x", "models"], 2),
        (["--warehouse", f"file://me:{URL}@host/x", "models"], 2),
        (["nightly", f"--fs.s3a.secret.key={AWS}"], 2),
        (["explain", "1", "2", AWS], 2),
        (["--json", "explain", "1", "2", AWS], 2),
        (["--json", "--set", f"scoring.top_n=x{AWS}", "models"], 2),
    ],
)
def test_a_mistake_with_a_secret_in_it_is_said_without_it(
    planted: None, arguments: list[str], exit_code: int
) -> None:
    result = CliRunner().invoke(main, arguments)
    assert holds_secret(result.output) == []
    assert result.exit_code in (exit_code, 0)
    assert result.output


@pytest.mark.long
@pytest.mark.night
def test_commands_over_a_night_show_and_write_no_secret(
    planted: None, night: Night, tmp_path: Path
) -> None:
    copied = copy_night(night, tmp_path / "wh")
    conf = tmp_path / "own.yaml"
    tree = copied.settings.model_dump(mode="json")
    tree["warehouse"]["path"] = copied.warehouse.path
    tree["tracking"]["uri"] = f"http://me:{URL}@127.0.0.1:9"
    conf.write_text(json.dumps(tree))
    commands = (
        (["doctor"], 0),
        (["--json", "doctor"], 0),
        (["--json", "nightly", "--dry-run", "--run-date", NEXT_DAY], 0),
        (["--verbose", "--set", "audit.min_catalogue_share=1", "nightly"], 4),
        (["nightly"], 0),
        (["--json", "runs"], 0),
        (["--json", "sql", "select '${env:AWS_SECRET_ACCESS_KEY}' as said"], 0),
        (["--verbose", "train", "--run-date", NEXT_DAY], 1),
    )
    for words, exit_code in commands:
        typed = [*words, "--run-date", NEXT_DAY] if words[-1] == "nightly" else words
        result = CliRunner().invoke(main, ["--conf", str(conf), *typed])
        assert holds_secret(result.output) == [], words
        assert result.exit_code == exit_code, (words, result.output[-2000:])
    conf.unlink()
    assert leaks_below(tmp_path) == []
