"""Nights of literal rows, published and recorded as a night does it, by another writer of Delta."""

import json
from datetime import date
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, write_deltalake

from mars_model.night.runs import Run, record
from mars_model.tables.warehouse import Warehouse
from tests.night.conftest import NUMBERS

MONDAY, TUESDAY, WEDNESDAY = (date(2026, 3, day) for day in (2, 3, 4))
Lists = dict[int, list[int]]  # items by user, best first


def run_by_hand(day: date, name: str, lists: Lists, **facts: Any) -> Run:
    """A published run whose name ends in `name`."""
    n_rows = sum(map(len, lists.values()))
    counts = {"users": len(lists), "rows": n_rows}
    known = {"input_versions": {}, "counts": counts, "rows_hash": str(lists), **facts}
    return Run(f"{day}-{name}", day, "mars-1", "published", 2, 2, **known)


def publish_by_hand(warehouse: Warehouse, run: Run, lists: Lists, is_recorded: bool = True) -> Run:
    """Replace the rows of a date by one commit that carries the record; score = 1 / rank."""
    warehouse.create("recommendations", NUMBERS)
    location = warehouse.location("recommendations")
    rows = [
        {
            **{"run_date": run.run_date, "run_id": run.run_id, "model_version": run.model_version},
            **{"user_id": user, "rank": rank, "item_id": item, "score": 1 / rank},
            **{"source": "mars", "because": [], "named_items": []},
        }
        for user, items in lists.items()
        for rank, item in enumerate(items, start=1)
    ]
    write_deltalake(
        *(location, pa.Table.from_pylist(rows, schema=pa.schema(DeltaTable(location).schema()))),
        mode="overwrite",
        predicate=f"run_date = '{run.run_date}'",
        commit_properties=CommitProperties({"userMetadata": json.dumps(run.as_note())}),
    )
    if is_recorded:
        warehouse.create("recommendation_runs", NUMBERS)
        record(warehouse, run)
    return run
