"""The record of the runs, from the table's files and through Spark."""

from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from mars_model.night.runs import Run, read_runs
from mars_model.tables import delta_files
from mars_model.tables.contracts import IdTypes
from mars_model.tables.warehouse import Warehouse

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


def row(run_id: str, run_date: date, **maps: dict) -> dict:
    """A run as the table holds it; maps that are not given are null."""
    same = {"model_version": "mars-1", "status": "published", "top_n": 4, "min_likes": 2}
    return {"run_id": run_id, "run_date": run_date, **same, **maps}


@pytest.mark.parametrize("has_vectors", [False, True])
def test_runs_come_newest_date_first_then_by_name_with_their_maps(
    spark: SparkSession, tmp_path: Path, has_vectors: bool
) -> None:
    warehouse = Warehouse(spark, str(tmp_path / "w"))
    warehouse.create("recommendation_runs", IdTypes("bigint", "bigint"))
    facts = {"input_versions": {"items": 3}, "counts": {"users": 10}, "gates": {"overlap": 0.5}}
    rows = [row("a", MONDAY), row("c", TUESDAY), row("b", TUESDAY, **facts), row("x", MONDAY)]
    warehouse.append("recommendation_runs", rows)
    name = f"delta.`{warehouse.location('recommendation_runs')}`"
    if has_vectors:
        spark.sql(f"alter table {name} set tblproperties ('delta.enableDeletionVectors' = 'true')")
    spark.sql(f"delete from {name} where run_id = 'x'")
    folder = Path(warehouse.location("recommendation_runs"))
    assert (delta_files.open_table(folder, None) is None) == has_vectors

    runs = read_runs(warehouse if has_vectors else Warehouse(None, warehouse.path))
    assert [run.run_id for run in runs] == ["b", "c", "a"]
    assert runs[0] == Run("b", TUESDAY, "mars-1", "published", 4, 2, **facts)
    assert runs[2] == Run("a", MONDAY, "mars-1", "published", 4, 2, {})


def test_a_warehouse_without_runs_has_none(tmp_path: Path) -> None:
    assert read_runs(Warehouse(None, str(tmp_path))) == []
