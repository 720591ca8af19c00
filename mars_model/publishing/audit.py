"""The audit: sql/checks return offending rows, gates compare with the last published night."""

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.publishing.publish import PUBLISHED_TABLE
from mars_model.publishing.runs import Run
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
    for table in contracts.OPTIONAL_SOURCES:
        views[f"checked_{table}"] = (
            warehouse.read(table, versions[table])
            if table in versions
            else spark.createDataFrame([], contracts.schema(table, warehouse.id_types()))
        )
    for name, frame in views.items():
        frame.createOrReplaceTempView(name)
    failures = []
    for path in sql_files("checks"):
        offending = spark.sql(path.read_text(encoding="utf-8"))
        if n_rows := offending.count():
            examples = [str(row.asDict()) for row in offending.limit(N_EXAMPLES).collect()]
            failures.append(Failure(path.stem, n_rows, "for example " + "; ".join(examples)))
    return failures


def measure_gates(
    warehouse: Warehouse, run: Run, rows: DataFrame, n_candidates: int
) -> dict[str, float]:
    """Catalogue share, and overlap and score shift against the last published night before.

    `catalogue_share`: distinct items recommended / items that may be. `overlap`: of that
    night's (user, item) pairs of users in both nights, the share that is here again.
    `score_shift`: |mean score − that night's| / |that night's|, lists of the model only. The
    last two are only there where that night used the same model version.
    """
    n_items = rows.select("item_id").distinct().count()
    gates = {"catalogue_share": n_items / n_candidates if n_candidates else 0.0}
    before = warehouse.read(PUBLISHED_TABLE).where(F.col("run_date") < F.lit(run.run_date))
    night = before.agg(F.max("run_date").alias("d"), F.max_by("model_version", "run_date")).first()
    if night is None or night[0] is None or night[1] != run.model_version:
        return gates
    last = before.where(F.col("run_date") == F.lit(night[0]))
    held = last.join(rows.select("user_id").distinct(), "user_id", "left_semi")
    pairs = held.select("user_id", "item_id")
    n_pairs = pairs.count()
    if n_pairs:
        n_again = pairs.join(rows, ["user_id", "item_id"], "left_semi").count()
        gates["overlap"] = n_again / n_pairs
    means = [
        frame.where("source = 'mars'").agg(F.mean("score")).first()[0]  # type: ignore[index]
        for frame in (rows, last)
    ]
    if None not in means and means[1]:
        gates["score_shift"] = abs(means[0] - means[1]) / abs(means[1])
    return gates


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
