"""Registers the tables and the views of sql/views, for every query over the warehouse."""

from mars_model.resources import sql_files
from mars_model.tables.warehouse import Warehouse

# A view is only there once the tables that it reads are.
_NEEDS = {"items", "recommendations"}


def register_views(warehouse: Warehouse) -> list[str]:
    """Temporary views named as the tables, then those of sql/views; returns all their names."""
    names = []
    for path in sql_files("tables"):
        if warehouse.exists(path.stem):
            warehouse.read(path.stem).createOrReplaceTempView(path.stem)
            names.append(path.stem)
    if set(names) >= _NEEDS:
        for path in sql_files("views"):
            query = path.read_text(encoding="utf-8")
            warehouse.spark.sql(query).createOrReplaceTempView(path.stem)
            names.append(path.stem)
    return names
