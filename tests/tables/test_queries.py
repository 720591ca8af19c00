"""What sql takes for reading, what it refuses, and what becomes of values and errors."""

import math
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from pyspark.sql import SparkSession

from mars_model.errors import InputDataError, SettingsError
from mars_model.tables.queries import answer, require_reading


@pytest.fixture(scope="module", autouse=True)
def pairs(spark: SparkSession) -> None:
    """A view of two rows."""
    spark.createDataFrame([(1, 2), (3, 4)], "a int, b int").createOrReplaceTempView("pairs")


@pytest.mark.parametrize(
    "statement",
    [
        "delete from pairs",
        "delete from pairs where a = 1",
        "/* select */ delete from pairs",
        "-- select\ndelete from pairs",
        "insert into pairs values (5, 6)",
        "insert overwrite pairs select * from pairs",
        "insert overwrite directory '/tmp/none' using csv select 1",
        "with one as (select 1 a, 2 b) insert into pairs select * from one",
        "from pairs insert into pairs select a, b insert into pairs select b, a",
        "merge into pairs using pairs s on pairs.a = s.a when matched then delete",
        "update pairs set a = 1",
        "truncate table pairs",
        "create table other (a int)",
        "create table other as select * from pairs",
        "create or replace temporary view pairs as select 1",
        "create function f as 'x.Y'",
        "declare variable n int = 1",
        "drop table pairs",
        "drop view if exists pairs",
        "alter table pairs add columns (c int)",
        "alter view pairs as select 1",
        "comment on table pairs is 'x'",
        "optimize pairs",
        "vacuum pairs retain 0 hours",
        "restore table pairs to version as of 1",
        "create table other shallow clone pairs",
        "insert into identifier('pa' || 'irs') select 1, 2",
        "drop table identifier('pa' || 'irs')",
        "reorg table pairs apply (purge)",
        "convert to delta parquet.`/tmp/none`",
        "generate symlink_format_manifest for table pairs",
        "analyze table pairs compute statistics",
        "msck repair table pairs",
        "load data inpath '/tmp/none' into table pairs",
        "call system.none()",
        "set spark.sql.ansi.enabled = false",
        "set time zone 'Europe/Berlin'",
        "reset",
        "use other",
        "cache table pairs",
        "refresh table pairs",
        "add jar '/tmp/none.jar'",
        "execute immediate 'delete from pairs'",
        "explain execute immediate 'delete from pairs'",
        "begin delete from pairs; end",
        "begin select 1; select 2; end",
        "select transform(a) using 'cat' as (b) from pairs",
        "select * from (select transform(a) using 'cat' as (b) from pairs) where b = '1'",
    ],
)
def test_a_statement_that_does_more_than_read_is_refused(
    spark: SparkSession, statement: str
) -> None:
    with pytest.raises(SettingsError, match=r"sql only reads\. Nothing was run.*--write"):
        require_reading(spark, statement)


@pytest.mark.parametrize(
    "query",
    [
        "select 'delete from pairs' as words",
        "select a from pairs;",
        "-- delete from pairs\nselect a from pairs",
        "with one as (select * from pairs) select * from one union all select * from pairs",
        "select a, (select max(b) from pairs) from pairs where a in (select b from pairs)",
        "select * from pairs join pairs p using (a) order by a limit 1",
        "select a, count(*) over (partition by b) from pairs group by all having a > 1",
        "select * from pairs pivot (sum(a) for b in (2, 4))",
        "select * from pairs tablesample (50 percent) lateral view explode(array(1)) t as x",
        "select a from pairs order by a limit 1 offset 1",
        "select distinct a from pairs distribute by a sort by b",
        "select b, sum(a) over w as s from pairs window w as (order by b) qualify s > 1",
        "select * from pairs unpivot (v for n in (a, b)) cross join lateral (select v)",
        "with recursive r(n) as (values (1) union all select n + 1 from r where n < 3) table r",
        "select * from delta.`/tmp/none` version as of 1",
        "select a from pairs intersect select b from pairs except select 1",
        "select k from (values (1, 'x'), (2 + 1, 'y')) as v(k, w)",
        "select * from explode(array(1, 2)) as t(x)",
        "from pairs |> where a = 1 |> extend a + b as c |> aggregate sum(c) group by a",
        "values (1), (2)",
        "table pairs",
        "select * from range(3)",
        "select /*+ broadcast(pairs) */ * from pairs",
        "explain select * from pairs",
        "explain formatted select 1",
        "show tables",
        "show columns in pairs",
        "show functions like 'abs'",
        "describe pairs",
        "describe function abs",
        "describe query select 1",
        "describe history delta.`/tmp/none`",
        "describe detail delta.`/tmp/none`",
    ],
)
def test_what_reads_is_let_through(spark: SparkSession, query: str) -> None:
    require_reading(spark, query)


@pytest.mark.parametrize("text", ["select 1; delete from pairs", "select 1 select 2", "", "delte"])
def test_what_is_no_single_statement_is_refused(spark: SparkSession, text: str) -> None:
    with pytest.raises(SettingsError, match=r"^query: \[PARSE"):
        require_reading(spark, text)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("select 1 / 0", "DIVIDE_BY_ZERO"),
        ("select b / (a - 1) from pairs", "DIVIDE_BY_ZERO"),
        ("select mod(b, a - 1) from pairs", "REMAINDER_BY_ZERO"),
        ("select cast('x' as int)", "CAST_INVALID_INPUT"),
        ("select cast('2026-13-01' as date)", "CAST_INVALID_INPUT"),
        ("select cast(300 as tinyint)", "CAST_OVERFLOW"),
        ("select 2147483647 + a from pairs", "ARITHMETIC_OVERFLOW"),
        ("select array(1, 2)[5]", "INVALID_ARRAY_INDEX"),
        ("select element_at(array(1, 2), 5)", "INVALID_ARRAY_INDEX_IN_ELEMENT_AT"),
        ("select (select a from pairs) as one", "more than one row|SCALAR_SUBQUERY_TOO_MANY_ROWS"),
        ("select raise_error('no such luck')", "no such luck"),
        ("select assert_true(a = 2) from pairs", "USER_RAISED_EXCEPTION"),
        ("select date'10000-01-01'", "cast it to a string"),
        ("select map(array(1), 2)", "cast it to a string"),
        ("select named_struct('a', 1, 'a', 2)", "DUPLICATED_FIELD_NAME"),
        ("select c from pairs", "UNRESOLVED_COLUMN"),
    ],
)
def test_an_error_while_it_runs_is_the_querys_fault_in_one_line(
    spark: SparkSession, query: str, named: str
) -> None:
    with pytest.raises(SettingsError, match=named) as caught:
        answer(spark, query, 10)
    assert str(caught.value).startswith("query: ")
    assert "\n" not in str(caught.value)
    assert "\tat " not in str(caught.value)


def test_a_table_with_a_damaged_file_is_bad_input(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    write_deltalake(folder, pa.table({"a": [1]}))
    spark.read.format("delta").load(str(folder)).createOrReplaceTempView("damaged")
    (file,) = folder.glob("*.parquet")
    file.write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(InputDataError, match=f"{file.name}.*mars-batch doctor"):
        answer(spark, "select * from damaged", 10)


def test_times_are_the_same_in_every_time_zone_of_the_process(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        query = "select timestamp'2026-01-02 03:04:05', timestamp_ntz'2026-01-02 03:04:05'"
        ((aware, plain),) = answer(spark, query, 1).rows
    finally:
        monkeypatch.undo()
        time.tzset()
    assert aware == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert plain == datetime(2026, 1, 2, 3, 4, 5)


def test_two_columns_of_one_name_keep_both_values(spark: SparkSession) -> None:
    assert answer(spark, "select 1 as a, 2 as a", 1) == (["a", "a"], [(1, 2)])


def test_values_of_every_type_come_back(spark: SparkSession) -> None:
    query = """
        select
            named_struct('x', 1, 'y', array(named_struct('z', date'2026-01-02'))),
            map('a', 1, 'b', null),
            cast(1.50 as decimal(5, 2)),
            x'00ff',
            double('NaN'),
            null,
            interval 14 months,
            interval 2 days,
            parse_json('{"k": [1]}')
    """
    ((struct, mapped, decimal, binary, nan, null, months, days, variant),) = answer(
        spark, query, 1
    ).rows
    assert struct == {"x": 1, "y": [{"z": date(2026, 1, 2)}]}
    assert mapped == {"a": 1, "b": None}
    assert (decimal, binary, null) == (Decimal("1.50"), b"\x00\xff", None)
    assert math.isnan(nan)
    assert (months, days) == ("INTERVAL '14' MONTH", "INTERVAL '2' DAY")
    assert variant == '{"k":[1]}'


def test_no_more_rows_than_asked_for(spark: SparkSession) -> None:
    assert answer(spark, "select id from range(10) order by id", 2) == (["id"], [(0,), (1,)])
