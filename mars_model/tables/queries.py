"""Queries as people type them: those that only read told from those that write, and their rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from py4j.java_gateway import is_instance_of
from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import (
    CalendarIntervalType,
    DayTimeIntervalType,
    NullType,
    VariantType,
    YearMonthIntervalType,
)

from mars_model.errors import InputDataError, MarsBatchError, SettingsError

# Spark's names for the parts of a query; a part of any other name may do something.
_QUERY = {
    *("Aggregate", "AsOfJoin", "Deduplicate", "Distinct", "Except", "Expand", "Filter", "Generate"),
    *("GlobalLimit", "Intersect", "Join", "LateralJoin", "LimitAll", "LocalLimit", "LocalRelation"),
    *("NearestByJoin", "Offset", "OneRowRelation", "PipeOperator", "Pivot", "Project", "Range"),
    *("RebalancePartitions", "RelationTimeTravel", "Repartition", "RepartitionByExpression"),
    *("ResolvedInlineTable", "Sample", "Sort", "SubqueryAlias", "Tail", "TimeTravel", "Transpose"),
    *("Union", "Unpivot", "UnresolvedHaving", "UnresolvedHint", "UnresolvedInlineTable"),
    *("UnresolvedQualify", "UnresolvedRelation", "UnresolvedSubqueryColumnAliases"),
    *("UnresolvedTVFAliases", "UnresolvedTableValuedFunction", "UnresolvedTranspose"),
    *("UnresolvedWith", "Window", "WithWindowDefinition"),
}
_READING = {
    *("ShowCatalogsCommand", "ShowCollationsCommand", "ShowColumns", "ShowCreateTable"),
    *("ShowCurrentNamespaceCommand", "ShowFunctions", "ShowNamespacesCommand", "ShowPartitions"),
    *("ShowProceduresCommand", "ShowTableProperties", "ShowTables", "ShowTablesExtended"),
    *("ShowViews", "DescribeColumn", "DescribeDeltaDetailCommand", "DescribeDeltaHistory"),
    *("DescribeFunction", "DescribeNamespace", "DescribeProcedureCommand", "DescribeQueryCommand"),
    *("DescribeRelation", "DescribeRelationJsonCommand"),
}
_FILES = "Look for damaged tables with: mars-batch doctor"
# What neither Python nor Arrow has a type for is shown as Spark writes it.
_AS_TEXT = (
    *(CalendarIntervalType, DayTimeIntervalType, NullType, VariantType, YearMonthIntervalType),
)


class Answer(NamedTuple):
    """Rows as Python values: structs and maps are dicts, times are aware (UTC) or plain."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def require_reading(spark: SparkSession, query: str) -> None:
    """Raise SettingsError where a query is none, does not parse, or does more than read.

    Spark's own parser decides, with Delta's statements; nothing is run.
    """
    with errors_of_query(spark):
        plan = spark._jsparkSession.sessionState().sqlParser().parsePlan(query)
    if writing := _writing(plan):
        raise SettingsError(
            f"query: this statement is no query (Spark reads it as {writing}), and sql only reads. "
            "Nothing was run. If it should change something, say so: mars-batch sql --write"
        )


def answer(spark: SparkSession, query: str, max_rows: int) -> Answer:
    """The first rows. Raises SettingsError where the query fails, also while it runs."""
    with errors_of_query(spark), _without_log(spark):
        frame = spark.sql(query)
        return Answer(frame.columns, _rows(frame.limit(max_rows)))


@contextmanager
def errors_of_query(spark: SparkSession) -> Iterator[None]:
    """Turn Spark's errors into one sentence: the query is at fault, or a file cannot be read."""
    try:
        yield
    except PySparkException as error:
        sentence = f"query: {_first_line(str(error))}"
        if (error.getCondition() or "").startswith("FAILED_READ_FILE"):
            raise InputDataError(f"{sentence} {_FILES}") from error
        kind = UnknownNameError if isinstance(error, AnalysisException) else SettingsError
        raise kind(sentence) from error
    except Py4JJavaError as error:
        raise _of_java(spark, error) from error
    except (OverflowError, TypeError, ValueError) as error:
        raise SettingsError(
            f"query: a value of the result cannot be shown ({_first_line(str(error))}): a date "
            "outside the years 1 to 9999, or a map whose keys are lists; cast it to a string"
        ) from error


class UnknownNameError(SettingsError):
    """A query that does not fit the tables: their names help."""


def _of_java(spark: SparkSession, error: Py4JJavaError) -> MarsBatchError:
    """What Spark did not turn into an error of its own, by what lies at its bottom."""
    causes = [error.java_exception]
    while causes[-1].getCause() is not None:
        causes.append(causes[-1].getCause())
    sentences = [f"query: {_first_line(str(c.getMessage() or c.toString()))}" for c in causes]
    gateway = spark.sparkContext._gateway
    for cause, sentence in zip(causes, sentences, strict=True):
        is_file = is_instance_of(gateway, cause, "java.io.IOException")
        if is_file or sentence.startswith("query: [FAILED_READ_FILE"):
            return InputDataError(f"{sentence} {_FILES}")
    return SettingsError(sentences[-1])


def _writing(plan: Any) -> str | None:
    """The name of the first part of a plan that is no query's, None where all are."""
    name = str(plan.getClass().getSimpleName()).removesuffix("$")
    if name == "ExplainCommand":
        return _writing(plan.logicalPlan())
    if name in _READING:
        return None
    if name not in _QUERY:
        return name
    children = plan.children()
    parts = (_writing(children.apply(i)) for i in range(children.size()))
    return next((part for part in parts if part), None)


def _rows(frame: DataFrame) -> list[tuple[Any, ...]]:
    """By Arrow: a collected row holds times in the zone of this process."""
    kinds = [field.dataType for field in frame.schema]
    numbered = frame.toDF(*map(str, range(len(kinds))))  # two columns may share a name
    readable = [
        F.col(str(i)).cast("string") if isinstance(kind, _AS_TEXT) else F.col(str(i))
        for i, kind in enumerate(kinds)
    ]
    table = numbered.select(readable).toArrow()
    columns = [column.to_pylist(maps_as_pydicts="strict") for column in table.columns]
    return list(zip(*columns, strict=True))


@contextmanager
def _without_log(spark: SparkSession) -> Iterator[None]:
    """Keep the executors' traces of a query that fails off stderr: the sentence says it."""
    jvm: Any = spark.sparkContext._jvm
    before = str(jvm.org.apache.logging.log4j.LogManager.getRootLogger().getLevel().toString())
    spark.sparkContext.setLogLevel("OFF")
    try:
        yield
    finally:
        spark.sparkContext.setLogLevel(before)


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason was given"])[0]
