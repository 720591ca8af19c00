"""Registers the tables and the views of sql/views, for every query over the warehouse."""

from mars_model.resources import sql_files
from mars_model.tables.warehouse import Warehouse

# A view is only there once the tables that it reads are.
_NEEDS = {"items", "recommendations"}
# The runs are recorded behind the first rows: between the two there are none.
_NO_RUNS = "select cast(null as date) as run_date, '' as status where false"


def register_views(warehouse: Warehouse) -> list[str]:
    """Temporary views named as the tables, then those of sql/views; returns all their names."""
    names = []
    for path in sql_files("tables"):
        if warehouse.exists(path.stem):
            warehouse.read(path.stem).createOrReplaceTempView(path.stem)
            names.append(path.stem)
    if set(names) >= _NEEDS:
        if "recommendation_runs" not in names:
            warehouse.spark.sql(_NO_RUNS).createOrReplaceTempView("recommendation_runs")
        for path in sql_files("views"):
            query = path.read_text(encoding="utf-8")
            warehouse.spark.sql(query).createOrReplaceTempView(path.stem)
            names.append(path.stem)
    return names
