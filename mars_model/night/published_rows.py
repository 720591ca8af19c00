"""Whether the rows that stand under a date are those that its run published: count and hash.

The hash does not depend on the order of the rows: the xor and the sum of a hash of each. Equal
rows cancel out in the first and not in the second. Nulls count for nothing in the hash of a row,
so a column that a later release adds leaves it as it is.
"""

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, Row
from pyspark.sql import functions as F

from mars_model.causes import first_cause, is_exhaustion
from mars_model.night.runs import PUBLISHED_TABLE, Run
from mars_model.tables.contracts import IdTypes, schema
from mars_model.tables.warehouse import Warehouse

_BITS = 2**64 - 1


def row_hash(run: Run | None = None) -> Column:
    """The hash of a row of `recommendations`; of `audited_rows` as this run publishes them."""
    constants = {}
    if run is not None:
        constants = {
            "run_date": F.lit(run.run_date),
            "run_id": F.lit(run.run_id),
            "model_version": F.lit(run.model_version),
        }
    names = schema(PUBLISHED_TABLE, IdTypes("bigint", "bigint")).fieldNames()
    return F.xxhash64(*[constants.get(name, F.col(name)) for name in names])


def hash_aggregates(one_hash: Column) -> list[Column]:
    """`rows_xor` and `rows_sum` of some rows' hashes; both add up over groups."""
    # The upper half of each: the sum of four thousand million rows is a bigint.
    return [
        F.bit_xor(one_hash).alias("rows_xor"),
        F.sum(F.shiftright(one_hash, 32)).alias("rows_sum"),
    ]


def hash_text(rows_xor: int | None, rows_sum: int | None) -> str:
    """Both as the record of a run holds them; None where there are no rows."""
    return f"{(rows_xor or 0) & _BITS:016x}{(rows_sum or 0) & _BITS:016x}"


def what_differs(warehouse: Warehouse, run: Run) -> str | None:
    """How the rows of a run's date are not those of its record; None where they are.

    A record of an earlier release holds no hash: there the rows are counted only.
    """
    expected = run.counts.get("rows", 0)
    if not warehouse.exists(PUBLISHED_TABLE):
        return f"no table where its record says {expected:,} rows"
    rows = warehouse.read(PUBLISHED_TABLE).where(F.col("run_date") == F.lit(run.run_date))
    try:
        found = rows.agg(F.count("*").alias("n"), *hash_aggregates(row_hash())).first()
    except (PySparkException, Py4JJavaError) as error:
        if is_exhaustion(error):
            raise
        return f"its rows cannot be read ({first_cause(error)})"
    assert found is not None
    return _difference(found, expected, run.rows_hash)


def describe_difference(run: Run, differs: str) -> str:
    """The first half of a sentence about rows that are not those of their record."""
    return f"run {run.run_id}: what stands in {PUBLISHED_TABLE} is not what it published: {differs}"


def _difference(found: Row, expected: int, rows_hash: str | None) -> str | None:
    if found["n"] != expected:
        return f"{found['n']:,} rows where its record says {expected:,}"
    if rows_hash not in (None, hash_text(found["rows_xor"], found["rows_sum"])):
        return f"some of its {expected:,} rows hold other values than its record says"
    return None
