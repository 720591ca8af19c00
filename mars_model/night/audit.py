"""The audit: sql/checks return offending rows, gates compare with the last published night."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.night.publish import PUBLISHED_TABLE
from mars_model.night.runs import PUBLISHED, Run
from mars_model.resources import sql_files
from mars_model.settings import AuditSettings
from mars_model.tables import contracts
from mars_model.tables.warehouse import Warehouse

N_EXAMPLES = 3


@dataclass(frozen=True)
class Failure:
    """A check that did not return empty, or a gate beyond its limit."""

    name: str
    n_rows: int
    detail: str


def run_checks(
    warehouse: Warehouse, run: Run, rows: DataFrame, unserved: DataFrame
) -> list[Failure]:
    """Run every file of sql/checks over a run's rows, staged or published.

    The checks read these temporary views: `checked_recommendations`, `checked_unserved`,
    `checked_run` (one row), and as the run read them `checked_histories`, `checked_items` and
    `checked_<table>` for every optional source, empty where there was none.
    """
    spark = warehouse.spark
    versions = run.input_versions
    views = {
        "checked_recommendations": rows,
        "checked_unserved": unserved,
        "checked_histories": warehouse.read("user_histories", versions["user_histories"]),
        "checked_items": warehouse.read("items", versions["items"]),
        "checked_run": spark.createDataFrame(
            [(run.run_id, run.run_date, run.top_n)],
            "run_id string, run_date date, top_n int",
        ),
    }
    ids = contracts.IdTypes(
        *[rows.schema[name].dataType.simpleString() for name in ("item_id", "user_id")]
    )
    for table in contracts.OPTIONAL_SOURCES:
        views[f"checked_{table}"] = (
            warehouse.read(table, versions[table])
            if table in versions
            else spark.createDataFrame([], contracts.schema(table, ids))
        )
    for name, frame in views.items():
        frame.createOrReplaceTempView(name)
    queries = {path.stem: path.read_text(encoding="utf-8") for path in sql_files("checks")}
    # All of them in one job: most of a small check's time is its start.
    counted = "\nunion all\n".join(
        f"select '{name}' as name, count(*) as n_rows from (\n{query}\n)"
        for name, query in queries.items()
    )
    found = {row["name"]: row["n_rows"] for row in spark.sql(counted).where("n_rows > 0").collect()}
    return [
        Failure(name, found[name], _examples(spark.sql(query)))
        for name, query in queries.items()
        if name in found
    ]


def _examples(offending: DataFrame) -> str:
    rows = offending.limit(N_EXAMPLES).collect()
    return "for example " + "; ".join(str(row.asDict()) for row in rows)


def measure_gates(
    warehouse: Warehouse, run: Run, rows: DataFrame, n_candidates: int, earlier: Sequence[Run]
) -> dict[str, float]:
    """Catalogue share, and overlap and score shift against the last published night before.

    `catalogue_share`: distinct items recommended / items that may be. `overlap`: of that
    night's (user, item) pairs of users in both nights, the share that is here again.
    `score_shift`: |mean score − that night's| / |that night's|, lists of the model only. The
    last two are only there where that night used the same model version. `earlier` are the runs
    so far, newest first.
    """
    score = F.when(F.col("source") == "mars", F.col("score"))
    n_items = F.count_distinct("item_id").alias("n_items")
    now = rows.agg(n_items, F.mean(score).alias("mean_now"))
    before = [r for r in earlier if r.status == PUBLISHED and r.run_date < run.run_date]
    if before and before[0].model_version == run.model_version:
        last = warehouse.read(PUBLISHED_TABLE).where(F.col("run_date") == F.lit(before[0].run_date))
        now = now.crossJoin(last.agg(F.mean(score).alias("mean_then")))
        now = now.crossJoin(_overlap(last, rows))
    found = now.collect()[0].asDict()
    gates = {"catalogue_share": found["n_items"] / n_candidates if n_candidates else 0.0}
    if found.get("n_pairs"):
        gates["overlap"] = found["n_again"] / found["n_pairs"]
    mean_now, mean_then = found["mean_now"], found.get("mean_then")
    if mean_now is not None and mean_then:
        gates["score_shift"] = abs(mean_now - mean_then) / abs(mean_then)
    return gates


def _overlap(last: DataFrame, rows: DataFrame) -> DataFrame:
    """One row: `n_pairs` (user, item) of the last night's users who are here, `n_again` of them."""
    by_user, by_user_now = (
        night.groupBy("user_id").agg(F.collect_set("item_id").alias(name))
        for night, name in ((last, "then"), (rows, "now"))
    )
    both = by_user.join(by_user_now, "user_id")
    again = F.size(F.array_intersect("then", "now"))
    return both.agg(F.sum(F.size("then")).alias("n_pairs"), F.sum(again).alias("n_again"))


def judge_gates(gates: dict[str, float], limits: AuditSettings) -> list[Failure]:
    """The gates that are beyond their limits."""
    failures = []
    for name, setting, limit in (
        ("catalogue_share", "min_catalogue_share", limits.min_catalogue_share),
        ("overlap", "min_overlap", limits.min_overlap),
        ("score_shift", "max_score_shift", limits.max_score_shift),
    ):
        value = gates.get(name)
        if value is None:
            continue
        if value > limit if setting.startswith("max") else value < limit:
            detail = f"is {value:.4g}, beyond audit.{setting} = {limit:g}"
            failures.append(Failure(name, 0, detail))
    return failures
