"""What another run changes for consumers: users, lists, items, scores; and why, if known."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.causes import first_cause, is_exhaustion
from mars_model.errors import InputDataError, SettingsError
from mars_model.night import runs
from mars_model.night.diff_causes import Cause, causes_of
from mars_model.night.gates import shift_of_mean
from mars_model.night.publish import STAGED_TABLE
from mars_model.night.read_lists import read_titles_of
from mars_model.night.runs import PUBLISHED_TABLE, Run
from mars_model.night.standing import standing_by
from mars_model.tables.warehouse import Warehouse

_SHOWN = 5


@dataclass(frozen=True)
class Moved:
    """An item, and how many users' lists it entered or left."""

    item_id: Any
    title: str
    n_users: int


@dataclass(frozen=True)
class Difference:
    """From the lists of one run to those of another.

    Users and lists are compared where both runs have one, unless a name says otherwise; items are
    those of all users.
    """

    first: Run
    second: Run
    users_in_both: int
    users_of_first_only: int
    users_of_second_only: int
    users_changed: int  # another list, be it in its order only
    users_reordered: int  # of these, with the same items
    users_changed_with_same_history: int | None  # None: the histories of then are gone
    mean_overlap: float | None  # items in both lists / items of the longer one; None without users
    rows_entering: int  # items that came into users' lists
    rows_leaving: int
    items_entering: int  # that the first recommends to nobody
    items_leaving: int
    most_entering: list[Moved]
    most_leaving: list[Moved]
    score_shift: float | None  # of the mean score, as the gate has it; None for another model
    causes: list[Cause]


def diff_runs(warehouse: Warehouse, first_id: str, second_id: str) -> Difference:
    """Compare the rows that two runs published or, where an audit refused them, set aside.

    Rows of a run that does not stand any more are read at the version in which it did. Collects
    counts and a few items. Raises SettingsError for an unknown run, InputDataError where rows were
    vacuumed away.
    """
    known = runs.read_runs(warehouse)
    first, second = (_find(known, run_id) for run_id in (first_id, second_id))
    before, after = _lists(warehouse, first, "before"), _lists(warehouse, second, "after")
    both = before.join(after, "user_id", "full_outer").persist()
    items = _count_items(both).persist()
    try:
        with _rows_of_then(first, second):
            users, moved = _count_users(both), _count_moved(items)
            most = [_most(warehouse, items, name) for name in ("n_entering", "n_leaving")]
            n_same_history = _changed_with_same_history(warehouse, both, first, second)
    finally:
        items.unpersist()
        both.unpersist()
    return Difference(
        first,
        second,
        **users,
        **moved,
        users_changed_with_same_history=n_same_history,
        most_entering=most[0],
        most_leaving=most[1],
        score_shift=score_shift(first, second),
        causes=causes_of(first, second),
    )


def _find(known: list[Run], run_id: str) -> Run:
    run = runs.find_run(known, run_id)
    if run is None:
        named = ", ".join(one.run_id for one in known[:_SHOWN]) or "none"
        raise SettingsError(f"run {run_id}: there is no such run. See mars-batch runs: {named}")
    return run


def _lists(warehouse: Warehouse, run: Run, name: str) -> DataFrame:
    """One row per user: `user_id`, and the items of the list under that name, best first."""
    table, version = PUBLISHED_TABLE, None
    if run.status == runs.AUDIT_FAILED:
        table = STAGED_TABLE
    elif run.status != runs.PUBLISHED:
        standing = standing_by(warehouse.commits(PUBLISHED_TABLE))
        held = standing.on_path.get(run.run_id) or standing.off_path.get(run.run_id)
        if held is None:
            raise InputDataError(
                f"run {run.run_id} ({run.status}): the commit of its rows was tidied up, they "
                "cannot be read any more"
            )
        version = held[0]
    is_its = (F.col("run_date") == F.lit(run.run_date)) & (F.col("run_id") == run.run_id)
    rows = warehouse.read(table, version).where(is_its)
    ranked = F.array_sort(F.collect_list(F.struct("rank", "item_id")))
    return rows.groupBy("user_id").agg(ranked["item_id"].alias(name))


def _count_users(both: DataFrame) -> dict[str, Any]:
    """One look at every user of either run."""
    before, after = F.col("before"), F.col("after")
    in_both = before.isNotNull() & after.isNotNull()
    entering, leaving = F.array_except(after, before), F.array_except(before, after)
    is_other = in_both & (before != after)
    common = F.size(F.array_intersect(before, after))
    found = both.agg(
        F.count_if(in_both).alias("users_in_both"),
        F.count_if(after.isNull()).alias("users_of_first_only"),
        F.count_if(before.isNull()).alias("users_of_second_only"),
        F.count_if(is_other).alias("users_changed"),
        F.count_if(is_other & (F.size(entering) + F.size(leaving) == 0)).alias("users_reordered"),
        F.avg(F.when(in_both, common / F.greatest(F.size(before), F.size(after)))).alias(
            "mean_overlap"
        ),
        F.coalesce(F.sum(F.when(in_both, F.size(entering))), F.lit(0)).alias("rows_entering"),
        F.coalesce(F.sum(F.when(in_both, F.size(leaving))), F.lit(0)).alias("rows_leaving"),
    ).first()
    assert found is not None
    return found.asDict()


def _count_items(both: DataFrame) -> DataFrame:
    """One row per item of either run: users who had it, who have it, whose lists changed by it."""
    nothing = F.array().cast(both.schema["before"].dataType)
    lists = both.select(
        F.coalesce("before", nothing).alias("before"),
        F.coalesce("after", nothing).alias("after"),
        (F.col("before").isNotNull() & F.col("after").isNotNull()).alias("in_both"),
    )
    rows = lists.withColumn("item_id", F.explode(F.array_union("before", "after")))
    had, has = (
        F.array_contains("before", F.col("item_id")),
        F.array_contains("after", F.col("item_id")),
    )
    return rows.groupBy("item_id").agg(
        F.count_if(had).alias("n_before"),
        F.count_if(has).alias("n_after"),
        F.count_if(F.col("in_both") & ~had).alias("n_entering"),
        F.count_if(F.col("in_both") & ~has).alias("n_leaving"),
    )


def _count_moved(items: DataFrame) -> dict[str, int]:
    found = items.agg(
        F.count_if(F.col("n_before") == 0).alias("items_entering"),
        F.count_if(F.col("n_after") == 0).alias("items_leaving"),
    ).first()
    assert found is not None
    return found.asDict()


def _most(warehouse: Warehouse, items: DataFrame, count: str) -> list[Moved]:
    """The items that entered or left most lists."""
    some = items.where(F.col(count) > 0).orderBy(F.desc(count), "item_id").limit(_SHOWN).collect()
    titles = read_titles_of(warehouse, {row["item_id"] for row in some})
    return [
        Moved(row["item_id"], titles.get(row["item_id"], str(row["item_id"])), row[count])
        for row in some
    ]


def _changed_with_same_history(
    warehouse: Warehouse, both: DataFrame, first: Run, second: Run
) -> int | None:
    """Users whose list changed though they liked nothing in between."""
    changed = both.where("before is not null and after is not null and before != after")
    versions = [run.input_versions.get("user_histories") for run in (first, second)]
    held = [None if v is None else warehouse.pin_table_at("user_histories", v) for v in versions]
    if None in held:
        return None
    then, now = (
        warehouse.read("user_histories", version).select("user_id", F.col("item_ids").alias(name))
        for version, name in zip(versions, ("liked_before", "liked_after"), strict=True)
    )
    found = changed.join(then, "user_id").join(now, "user_id")
    return found.where("liked_before = liked_after").count()


def score_shift(first: Run, second: Run) -> float | None:
    """Of the mean score of the model's rows, with its sign: scores of two models do not compare."""
    is_same_model = first.model_version == second.model_version
    return shift_of_mean(first.gates, second.gates) if is_same_model else None


@contextmanager
def _rows_of_then(first: Run, second: Run) -> Iterator[None]:
    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        if is_exhaustion(error):
            raise
        raise InputDataError(
            f"runs {first.run_id} and {second.run_id}: their rows cannot be read, those of one may "
            f"have been vacuumed away ({first_cause(error)})"
        ) from error
