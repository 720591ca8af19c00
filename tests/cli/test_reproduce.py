"""reproduce over a tiny warehouse: every model with figures or a reason, and nothing done twice."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from deltalake import DeltaTable

from mars_model.cli.main import main
from tests.conftest import Night

CONF = """
likes: {min_rating: 4, min_per_user: 2}
documents: {min_occurrences: 1}
training: {max_epochs: 2}
model: {embedding_size: 8, representation_size: 8}
"""
MODELS = {
    *("popularity", "item-knn", "ease", "als"),
    *("bpr", "neumf", "cmf", "ctr", "deepfm", "cdl", "wide-and-deep"),
    *("mars", "mars-plus"),
}


@pytest.fixture
def shop(night: Night, tmp_path: Path) -> Path:
    """A copy of the night's source tables, with its settings."""
    for table in ("items", "interactions"):
        shutil.copytree(Path(night.warehouse.path) / table, tmp_path / "shop" / table)
    (tmp_path / "shop" / "mars-batch.yaml").write_text(CONF)
    return tmp_path / "shop"


def run(shop: Path, *args: str) -> Result:
    options = ["--warehouse", str(shop), "--json", "reproduce", "--run-date", "2026-03-01"]
    return CliRunner().invoke(main, [*options, *args])


@pytest.mark.long
def test_the_whole_experiment_ends_in_one_report_and_is_not_repeated(shop: Path) -> None:
    pytest.importorskip("cornac", reason="the paper's baselines need mars-batch[evaluate]")
    first = run(shop)
    assert first.exit_code == 0, first.output
    content = json.loads(first.stdout)

    rows = {row["model"]: row for row in content["models"]}
    assert set(rows) == MODELS
    for name, row in rows.items():
        assert ("recall@50" in row) != bool(row["reason"]), name
        if not row["reason"]:
            assert 0 <= row["map@500"] <= row["recall@50"] <= 1
            assert row["n_trials"] == (1 if name == "popularity" else 2)
    figures = [curve["figure"] for curve in content["curves"]]
    assert figures == ["Figure 4", "Figure 5", "Figure 6", "Figure 7", "Figure 7"]
    assert {"mars", "bpr", "ctr"} <= set(content["curves"][0]["series"])
    assert [x for x, _ in content["curves"][0]["series"]["mars"]] == [10, 50]
    variants = [point[0] for point in content["curves"][3]["series"]["as their files say"]]
    assert variants == ["mars-no-text", "mars-embed", "mars-no-attention", "mars"]
    for example in content["examples"]:
        for shown in example["recommendations"]:
            assert shown["title"] not in example["likes"]
            assert {reason["title"] for reason in shown["reasons"]} <= set(example["likes"])
    paper = {(row["dataset"], row["model"]): row["recall@50"] for row in content["paper_table"]}
    assert paper["Yahoo! Movies", "MARS"] == 0.323 and len(paper) == 24
    page = (shop / "reproduction-quick" / "report.html").read_text(encoding="utf-8")
    assert "Figure 7" in page and "Yahoo! Movies" in page

    version = DeltaTable(str(shop / "evaluation_metrics")).version()
    again = run(shop)
    assert json.loads(again.stdout)["models"] == content["models"]
    assert json.loads(again.stdout)["curves"] == content["curves"]
    assert DeltaTable(str(shop / "evaluation_metrics")).version() == version


def test_a_folder_that_lacks_a_file_is_named_with_all_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    result = run(tmp_path / "shop", "--data", str(tmp_path / "data"))
    assert result.exit_code == 3
    assert "items.parquet" in result.stderr and "interactions.parquet" in result.stderr
