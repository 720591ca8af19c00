"""A night depends on its rows: not on their order, their files, partitions or a language."""

import json
import random
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mars_model.bundle.registry import Registry
from mars_model.night import runs
from mars_model.night.publish import publish
from mars_model.night.run_night import run_night
from mars_model.tables.warehouse import Warehouse
from tests.conftest import RUN_DATE, Night
from tests.environment.running import run
from tests.night.conftest import by_user, copy_night, rows_of

pytestmark = [pytest.mark.night, pytest.mark.soak]

SOURCES = ("items", "interactions")
TURKISH = "-Duser.language=tr -Duser.country=TR"


def published(folder: Path) -> list[dict]:
    """What readers see but for the run's name, which says what the tables' ids are."""
    rows = DeltaTable(folder / "recommendations").to_pyarrow_table().to_pylist()
    return [{k: v for k, v in row.items() if k != "run_id"} for row in by_user(rows)]


def scattered(night: Night, folder: Path, shuffle: random.Random, n_files: int) -> Path:
    """The night's sources and model, rows and columns in another order and in several files."""
    shutil.copytree(Path(night.warehouse.path) / "models", folder / "models")
    for table in SOURCES:
        held = DeltaTable(night.warehouse.location(table))
        rows, fields = rows_of(night.warehouse, table), list(pa.schema(held.schema()))
        shuffle.shuffle(rows)
        shuffle.shuffle(fields)
        for n in range(n_files):
            part = pa.Table.from_pylist(rows[n::n_files], schema=pa.schema(fields))
            write_deltalake(folder / table, part, mode="append")
    return folder


@settings(
    max_examples=3,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    shuffle=st.randoms(use_true_random=False),
    n_files=st.integers(1, 4),
    n_partitions=st.sampled_from(["1", "3", "7"]),
)
def test_a_night_is_the_same_in_any_order_of_rows_columns_files_and_partitions(
    night: Night, tmp_path_factory, shuffle: random.Random, n_files: int, n_partitions: str
) -> None:
    folder = scattered(night, tmp_path_factory.mktemp("scattered"), shuffle, n_files)
    spark = night.warehouse.spark
    before = spark.conf.get("spark.sql.shuffle.partitions")
    spark.conf.set("spark.sql.shuffle.partitions", n_partitions)
    try:
        warehouse, registry = Warehouse(spark, str(folder)), Registry(folder / "models")
        run_night(warehouse, registry, night.settings, RUN_DATE, lambda line: None, False)
    finally:
        spark.conf.set("spark.sql.shuffle.partitions", before)
    assert published(folder) == published(Path(night.warehouse.path))


def test_a_night_in_turkish_is_the_same_night(night: Night, tmp_path: Path) -> None:
    folder = scattered(night, tmp_path / "wh", random.Random(5), 2)
    tree = night.settings.model_dump(mode="json")
    tree["warehouse"]["path"] = str(folder)
    conf = tmp_path / "own.yaml"
    conf.write_text(json.dumps(tree))
    typed = ("--conf", str(conf), "nightly", "--run-date", RUN_DATE.isoformat())
    # Python takes the language where the machine has it; Java always does.
    environment = {"JAVA_TOOL_OPTIONS": TURKISH, "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}
    run(*typed, environment=environment).assert_done("published")
    assert published(folder) == published(Path(night.warehouse.path))


def test_the_same_rows_published_again_are_one_night(night: Night, tmp_path: Path) -> None:
    copied = copy_night(night, tmp_path / "wh")
    folder = Path(copied.warehouse.path)
    expected = published(folder)
    rows = copied.warehouse.read("recommendations")
    for n_partitions in (1, 3):
        publish(copied.warehouse, copied.run, rows.repartition(n_partitions))
        assert published(folder) == expected
    standing = [one for one in runs.read_runs(copied.warehouse) if one.status == runs.PUBLISHED]
    assert [one.run_id for one in standing] == [copied.run.run_id]
