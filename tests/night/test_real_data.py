"""A whole night on real data: import, train, publish; judged by another Delta reader."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from mars_model.bundle.registry import Registry
from mars_model.fitting.train import train_model
from mars_model.importing.import_files import import_files
from mars_model.importing.import_sample import fill_sample
from mars_model.night.check_published import check_published
from mars_model.night.run_night import run_night
from mars_model.settings import load_settings
from mars_model.tables.warehouse import Warehouse
from tests.conftest import SilentProgress
from tests.night.published_claims import assert_claims_hold

REPOSITORY = Path(__file__).parents[2]
SHARED = REPOSITORY.parent / "shared" / "data"
RUN_DATE = date(2026, 3, 1)
# One short epoch of a small network: what is tested is the night, not the model's quality.
SMALL = (
    "model.embedding_size=16",
    "model.n_filters=16",
    "model.representation_size=16",
    "model.max_words=40",
    "training.max_epochs=1",
    "training.max_memory=10",
    "training.max_validation_users=200",
)
# (file, users with a like, users with 5 likes or more), counted with pandas from the files.
SETS = {
    "ml-latest-small": (609, 603),
    "goodbooks": (2671, 2669),
    "movietweetings-100k": (13764, 2711),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One set in `make test`, all of them with --real-data all."""
    if "dataset" in metafunc.fixturenames:
        is_all = metafunc.config.getoption("--real-data") == "all"
        metafunc.parametrize("dataset", list(SETS) if is_all else list(SETS)[:1])


@pytest.mark.real_data
@pytest.mark.skipif(not SHARED.is_dir(), reason="the research sets of ../shared/data are not here")
def test_night_on_real_data_serves_everybody_and_repeats_nothing(
    spark: SparkSession, tmp_path: Path, dataset: str
) -> None:
    conf = REPOSITORY / "conf" / "datasets" / f"{dataset}.yaml"
    settings = load_settings(conf, SMALL)
    warehouse = Warehouse(spark, str(tmp_path / "warehouse"))
    registry = Registry(tmp_path / "models")
    folder = SHARED / dataset
    import_files(
        warehouse,
        settings,
        str(folder / "items.parquet"),
        str(folder / "interactions.parquet"),
    )
    train_model(warehouse, registry, settings, RUN_DATE, SilentProgress())
    run = run_night(warehouse, registry, settings, RUN_DATE, lambda line: None, False)

    assert run.status == "published"
    assert check_published(warehouse) == (run, [])
    histories = _rows(warehouse, "user_histories")
    lists = _rows(warehouse, "recommendations")
    reasons = {row["user_id"]: row["n_rows"] for row in _rows(warehouse, "unserved_users")}
    n_rows = Counter(row["user_id"] for row in lists)
    liked = {row["user_id"]: set(row["item_ids"]) for row in histories}
    n_with_like, n_by_model = SETS[dataset]
    assert sum(1 for items in liked.values() if items) == n_with_like
    assert {u for u in liked if n_rows[u] != reasons.get(u, settings.scoring.top_n)} == set()
    assert [row for row in lists if row["item_id"] in liked[row["user_id"]]] == []
    assert len({row["user_id"] for row in lists if row["source"] == "mars"}) == n_by_model
    kinds = Counter(row["reason_kind"] for row in lists)
    assert {kind: run.counts[f"rows_by_reason_{kind}"] for kind in kinds} == kinds
    assert assert_claims_hold(warehouse, registry, settings, RUN_DATE, 200).total() == 2_000


@pytest.mark.night
@pytest.mark.long
def test_every_row_of_the_demo_is_there_for_what_it_says(
    spark: SparkSession, tmp_path: Path
) -> None:
    settings = load_settings(REPOSITORY / "conf" / "demo.yaml", ("training.max_epochs=2",))
    warehouse = Warehouse(spark, str(tmp_path / "warehouse"))
    registry = Registry(tmp_path / "models")
    fill_sample(warehouse, settings)
    train_model(warehouse, registry, settings, RUN_DATE, SilentProgress())
    run_night(warehouse, registry, settings, RUN_DATE, lambda line: None, False)
    assert assert_claims_hold(warehouse, registry, settings, RUN_DATE, 200).total() == 2_000


def _rows(warehouse: Warehouse, table: str) -> list[dict[str, object]]:
    return DeltaTable(warehouse.location(table)).to_pyarrow_table().to_pylist()
