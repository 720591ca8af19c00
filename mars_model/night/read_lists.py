"""The latest published lists of some users as people read them, read without Spark where it can be.

The same rows as sql/views/recommendation_reasons.sql, which reads the lists of all users.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pyspark.sql.types import DataType, StringType

from mars_model.night.runs import PUBLISHED, Run, read_runs
from mars_model.tables.warehouse import Warehouse

_LISTS = "recommendations"
_COLUMNS = (
    *("run_date", "user_id", "rank", "item_id", "score", "source"),
    *("reason_kind", "reason", "because"),
)
_BIGINTS = range(-(2**63), 2**63)


def read_lists(warehouse: Warehouse, user_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of some users in the newest night, with titles and reasons, by user and rank.

    Users are named by their ids as text, however the table types them; those without rows are
    left out. Raises InputDataError where nothing was published yet.
    """
    pinned = warehouse.pin_table(_LISTS)
    asked = _typed(user_ids, pinned.schema["user_id"].dataType)
    run_date = warehouse.newest(_LISTS, "run_date", pinned.version)
    if run_date is None or not asked:
        return []
    run = _latest_run(warehouse)
    if run is not None and run.run_date > run_date:
        return []  # a night without rows, since everybody has liked everything
    where = {"run_date": run_date, "user_id": asked}
    rows = warehouse.read_arrow(_LISTS, _COLUMNS, pinned.version, where).to_pylist()
    titles = read_titles_of(warehouse, _ids_in(rows))
    return [_readable(row, titles) for row in sorted(rows, key=lambda r: (r["user_id"], r["rank"]))]


def read_unserved_reason(warehouse: Warehouse, user_id: str) -> str | None:
    """Why the latest published night has no full list for a user, None where it says nothing."""
    run = _latest_run(warehouse)
    if run is None or not warehouse.exists("unserved_users"):
        return None
    pinned = warehouse.pin_table("unserved_users")
    asked = _typed([user_id], pinned.schema["user_id"].dataType)
    if not asked:
        return None
    where = {"run_id": run.run_id, "user_id": asked}
    found = warehouse.read_arrow("unserved_users", ("reason",), pinned.version, where).to_pylist()
    return str(found[0]["reason"]) if found else None


def _latest_run(warehouse: Warehouse) -> Run | None:
    return next((run for run in read_runs(warehouse) if run.status == PUBLISHED), None)


def _typed(texts: Iterable[str], kind: DataType) -> list[Any]:
    """Ids as a table holds them; a text that no id of its type reads as is left out."""
    if isinstance(kind, StringType):
        return list(texts)
    # At most 19 digits and a sign: longer ones are no bigint.
    numbers = {text: int(text) for text in texts if re.fullmatch(r"-?[0-9]{1,19}", text)}
    return [n for text, n in numbers.items() if str(n) == text and n in _BIGINTS]


def read_titles_of(warehouse: Warehouse, item_ids: set[Any]) -> dict[Any, str]:
    """What some items are called, those that have a title."""
    if not item_ids:
        return {}
    where = {"item_id": sorted(item_ids)}
    items = warehouse.read_arrow("items", ("item_id", "title"), where=where)
    named = {item["item_id"]: (item["title"] or "").strip(" ") for item in items.to_pylist()}
    return {item_id: title for item_id, title in named.items() if title}


def _ids_in(rows: list[dict[str, Any]]) -> set[Any]:
    """The items of these rows and of their reasons."""
    ids = {row["item_id"] for row in rows}
    return ids | {reason["item_id"] for row in rows for reason in row["because"] or ()}


def _readable(row: dict[str, Any], titles: dict[Any, str]) -> dict[str, Any]:
    reasons = [
        {
            "position": position,
            "item_id": reason["item_id"],
            "title": titles.get(reason["item_id"], str(reason["item_id"])),
            "attention": reason["attention"],
            "contribution": reason["contribution"],
            "score_without": reason["score_without"],
        }
        for position, reason in enumerate(row["because"] or ())
    ]
    return {
        "run_date": row["run_date"],
        "user_id": row["user_id"],
        "rank": row["rank"],
        "item_id": row["item_id"],
        "title": titles.get(row["item_id"], str(row["item_id"])),
        "score": row["score"],
        "source": row["source"],
        "reason_kind": row["reason_kind"],
        "reason": row["reason"],
        "because_titles": reasons or None,
    }
