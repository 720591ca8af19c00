"""What becomes of a night that its audit refuses: its rows are kept, and who offends is named."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import asdict, replace
from string import Template
from typing import Any, NoReturn

from pyspark.sql import DataFrame

from mars_model.errors import AuditFailedError, MarsBatchError
from mars_model.night import runs
from mars_model.night.checks import N_EXAMPLES, Failure
from mars_model.night.publish import STAGED_TABLE, set_aside
from mars_model.night.runs import PUBLISHED_TABLE, Run
from mars_model.resources import sql_files
from mars_model.settings import audit_gates
from mars_model.tables.queries import answer
from mars_model.tables.warehouse import Warehouse

_READ_BY_QUERIES = (STAGED_TABLE, PUBLISHED_TABLE, "user_histories", "interactions")
_OF_THE_SHELL = set('"$`\\!')


def refuse(
    warehouse: Warehouse, run: Run, rows: DataFrame, failures: Sequence[Failure], last: Run | None
) -> NoReturn:
    """Keep the rows in recommendations_staged, record the run, raise AuditFailedError."""
    set_aside(warehouse, run, rows)
    runs.record(warehouse, run)
    found = [name_offending(warehouse, run, failure, last) for failure in failures]
    raise AuditFailedError(
        _sentence(run, found),
        {
            "run_id": run.run_id,
            "gates": run.gates,
            "failures": [asdict(failure) for failure in found],
        },
    )


def name_offending(warehouse: Warehouse, run: Run, failure: Failure, last: Run | None) -> Failure:
    """The failure with a query over the rows that were kept, and with the first that it finds."""
    if failure.name == "map_loss":
        return replace(failure, examples=tuple(map(_measured, (run, last))))
    queries = {path.stem: path.read_text(encoding="utf-8") for path in sql_files("gates")}
    template = queries.get(failure.name.removesuffix("_across_models"))
    if template is None:
        return replace(failure, sql=query_of(STAGED_TABLE, run, failure.examples))
    query = fill(template, run, last)
    for table in _READ_BY_QUERIES:
        if warehouse.exists(table):
            warehouse.read(table).createOrReplaceTempView(table)
    try:
        found = answer(warehouse.spark, query, N_EXAMPLES)
    except MarsBatchError:  # the audit's own sentence counts more
        return replace(failure, sql=query)
    examples = tuple(dict(zip(found.columns, row, strict=True)) for row in found.rows)
    return replace(failure, examples=examples, sql=query)


def fill(query: str, run: Run, last: Run | None) -> str:
    """A query of sql/gates on one line, with its parameters."""
    lines = [line for line in query.splitlines() if not line.startswith("--")]
    values = {"run_id": run.run_id, "run_date": run.run_date.isoformat()}
    if last is not None:
        values |= {"last_run_id": last.run_id, "last_run_date": last.run_date.isoformat()}
    return Template(" ".join(" ".join(lines).split())).safe_substitute(values)


def query_of(table: str, run: Run, examples: Sequence[dict[str, Any]]) -> str:
    """The rows of the users or items that a check found; none where it names nobody."""
    for key in ("user_id", "item_id"):
        ids = list(dict.fromkeys(one[key] for one in examples if key in one))
        if ids:
            listed = ", ".join(map(literal, ids))
            return (
                f"select * from {table} where run_date = date'{run.run_date.isoformat()}' and "
                f"run_id = '{run.run_id}' and {key} in ({listed}) order by user_id, rank"
            )
    return ""


def _measured(run: Run | None) -> dict[str, Any]:
    """A model and its validation MAP, as the run recorded it."""
    if run is None:
        return {}
    return {"model_version": run.model_version, "MAP@500": run.gates.get("validation_map")}


def literal(value: Any) -> str:
    """An id in SQL."""
    return str(value) if isinstance(value, int) else "'" + re.sub(r"(['\\])", r"\\\1", value) + "'"


def _sentence(run: Run, failures: Sequence[Failure]) -> str:
    found = "; ".join(_described(failure) for failure in failures)
    gates = audit_gates()
    if any(gates[failure.name].is_check for failure in failures):
        remedy = "The checks stand in sql/checks, and none of them can be accepted"
    else:
        accepted = " ".join(f"--accept {failure.name}" for failure in failures)
        remedy = f'Where the night is right all the same: {accepted} --reason "…"'
    return (
        f"run {run.run_id}: the audit failed, nothing was published and the last good night "
        f"stays. {found}. The rows stand in recommendations_staged. {remedy}"
    )


def _described(failure: Failure) -> str:
    text = f"{failure.name}: "
    if failure.n_rows:
        text += f"{failure.n_rows} offending rows, "
    text += failure.detail
    if failure.examples and "for example" not in failure.detail:
        text += f", for example {'; '.join(map(str, failure.examples))}"
    if failure.sql:
        is_plain = not set(failure.sql) & _OF_THE_SHELL
        query = f'"{failure.sql}"' if is_plain else shlex.quote(failure.sql)
        text += f" (mars-batch sql {query})"
    return text
