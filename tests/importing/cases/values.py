"""Kind B: a value that is misread never becomes another value."""

from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from tests.importing.cases.case import Case

DAY = "2024-01-15 00:00:00"
NO_NUMBER = "is no whole number of 64 bits, as the ids in the table are"


def until(title: str, *values: str, **more: object) -> Case:
    """Items 1, 2, … that are available until these times."""
    lines = "".join(f"{n},{value}\n" for n, value in enumerate(values, start=1))
    return Case(title, "i.csv", f"item_id,available_until\n{lines}", **more)  # type: ignore[arg-type]


def ended(*times: str) -> list[dict[str, object]]:
    return [{"item_id": n, "available_until": time} for n, time in enumerate(times, start=1)]


def ids(title: str, *values: str, rows: list[object], **more: object) -> Case:
    lines = "".join(f"{value},x\n" for value in values)
    found = [{"item_id": value, "title": "x"} for value in rows]
    return Case(title, "i.csv", f"item_id,title\n{lines}", found, **more)  # type: ignore[arg-type]


def parquet(doc: str, **columns: pa.Array):
    def write(path: Path) -> None:
        pq.write_table(pa.table(columns), path)

    write.__doc__ = doc
    return write


MOMENT = pa.array([1705312800000000123], pa.timestamp("ns"))

CASES = [
    until("a date", "2024-01-15", rows=ended(DAY), says=("ISO 8601",)),
    until("date and time", "2024-01-15T10:00:00", rows=ended("2024-01-15 10:00:00")),
    until("a zone", "2024-01-15T10:00:00+02:00", rows=ended("2024-01-15 08:00:00")),
    until("Zulu", "2024-01-15T10:00:00Z", rows=ended("2024-01-15 10:00:00")),
    until("date digits", "20240115", rows=ended(DAY), says=("dates as YYYYMMDD",)),
    until("an open end in digits", "99991231", rows=ended("9999-12-31 00:00:00")),
    until("far date digits", "20301231", rows=ended("2030-12-31 00:00:00")),
    until("14 digits", "20240115103000", rows=ended("2024-01-15 10:30:00")),
    until("seconds", "1705276800", rows=ended(DAY), says=("Unix seconds",)),
    until("seconds with a fraction", "1705276800.5", rows=ended("2024-01-15 00:00:00.500000")),
    until("milliseconds", "1705276800000", rows=ended(DAY), says=("Unix milliseconds",)),
    until("microseconds", "1705276800000000", rows=ended(DAY), says=("Unix microseconds",)),
    until("nanoseconds", "1705276800000000000", rows=ended(DAY), says=("Unix nanoseconds",)),
    until("zero beside milliseconds", "0", "1705276800000", rows=ended("1970-01-01 00:00:00", DAY)),
    until("blanks around a time", " 2024-01-15 ", rows=ended(DAY)),
    until(
        "seconds and milliseconds mixed", "1705276800", "1705276800000", code=3,
        says=("mixes several kinds of time: 1 look like Unix seconds (1705276800)",),
    ),
    until("dates and seconds mixed", "2024-01-15", "1705276800", code=3, says=("mixes several",)),
    until("both kinds of dates mixed", "2024-01-15", "20240115", code=3, says=("mixes several",)),
    until(
        "a day that is none", "2024-02-30", "2024-01-15",
        rows=[{"item_id": 2, "available_until": DAY}],
        rejected={"available_until is no time, the column holds dates and times in ISO 8601": 1},
    ),
    until(
        "digits of a day that is none", "20240230", "20240115",
        rows=[{"item_id": 2, "available_until": DAY}],
        rejected={"available_until is no time, the column holds dates as YYYYMMDD": 1},
    ),
    until("days in an order of a country", "15.01.2024", code=3, says=("is no time",)),
    until("a time without a day", "10:00:00", code=3, says=("is no time",)),
    until("a word", "tomorrow", code=3, says=("is no time",)),
    Case(
        "exclusions in date digits", "x.csv", "item_id,excluded_from\n1,20300101\n",
        [{"item_id": 1, "excluded_from": "2030-01-01 00:00:00"}], table="excluded-items",
    ),
    ids("numbers", "2", "1", rows=[1, 2]),
    ids("floats of whole numbers", "1.0", "2.0", rows=[1, 2]),
    ids("leading zeros", "007", "7", rows=["007", "7"]),
    ids("letters", "A1", "b2", rows=["A1", "b2"]),
    Case("a carriage return", "i.jsonl", '{"item_id": "A1\\r"}\n', [{"item_id": "A1"}]),
    ids("a tab", "\tA1", rows=["A1"]),
    ids("a no-break space", "A1\u00a0", rows=["A1"]),
    ids("a byte order mark within", "\ufeffA1", rows=["A1"]),
    ids("a zero-width space", "A\u200b1", rows=["A1"]),
    ids("the largest of 64 bits", str(2**63 - 1), rows=[2**63 - 1]),
    ids("beyond 64 bits", str(2**63), "1", rows=["1", str(2**63)]),
    ids("twenty digits", "12345678901234567890", rows=["12345678901234567890"]),
    ids("letters of other scripts", "ключ", "鍵", rows=["ключ", "鍵"]),
    ids("spaces within", "A 1", rows=["A 1"]),
    ids("an exponent", "1e3", rows=["1e3"]),
    ids("nothing", "", "1", rows=[1], rejected={"item_id is missing": 1}),
    ids("only blanks", "  ", "1", rows=[1], rejected={"item_id is missing": 1}),
    ids(
        "a line break within", '"A\n1"', "A2", rows=["A2"],
        rejected={"item_id holds a line break or another control character": 1},
    ),
    ids("ids that look alike are one", "A1", "A1\t", rows=["A1"], rejected={"repeats item_id": 1}),
    Case(
        "JSON, large numbers", "i.jsonl", '{"item_id": 12345678901234567890}\n',
        [{"item_id": "12345678901234567890"}],
    ),
    Case("JSON, a float", "i.jsonl", '{"item_id": 1.0}\n', [{"item_id": 1}]),
    Case("JSON, text", "i.jsonl", '{"item_id": "A1"}\n', [{"item_id": "A1"}]),
    Case(
        "JSON, a list of texts", "i.jsonl", '{"item_id": 1, "text": ["a", "b"]}\n',
        [{"item_id": 1, "text": "a b"}],
    ),
    Case(
        "JSON, an object as text", "i.jsonl", '{"item_id": 1, "text": {"a": [1]}}\n',
        [{"item_id": 1, "text": '{"a": [1]}'}],
    ),
    Case("JSON, true", "i.jsonl", '{"item_id": 1, "title": true}\n', [{"item_id": 1, "title": "true"}]),
    Case("JSON, null", "i.jsonl", '{"item_id": 1, "title": null}\n', [{"item_id": 1}]),
    Case(
        "JSON, half a character", "i.jsonl", '{"item_id": 1, "title": "a\\ud800"}\n',
        [{"item_id": 1, "title": "a\ufffd"}],
    ),
    Case(
        "a rating that is none", "e.csv", "user_id,item_id,rating\n1,2,good\n1,3,4\n",
        [{"user_id": 1, "item_id": 3, "rating": 4.0}], table="interactions",
        rejected={"rating is no finite number": 1},
    ),
    Case(
        "a rating with a comma", "e.csv", 'user_id,item_id,rating\n1,2,"4,5"\n1,3,4\n',
        [{"user_id": 1, "item_id": 3, "rating": 4.0}], table="interactions",
        rejected={"rating is no finite number": 1},
    ),
    Case(
        "an infinite rating", "e.csv", "user_id,item_id,rating\n1,2,inf\n1,3,4\n",
        [{"user_id": 1, "item_id": 3, "rating": 4.0}], table="interactions",
        rejected={"rating is no finite number": 1},
    ),
    Case(
        "Latin-1", "i.csv", "item_id,title\n1,Café\n2,Orbit\n".encode("latin-1"), code=3,
        says=("line 2, byte 6: 0xe9 is no utf-8 text", "--encoding"),
    ),
    Case(
        "Latin-1, said", "i.csv", "item_id,title\n1,Café\n".encode("latin-1"),
        [{"item_id": 1, "title": "Café"}], options=("--encoding", "latin-1"),
    ),
    Case(
        "UTF-16", "i.csv", "item_id,title\n1,Orbit\n".encode("utf-16"), code=3,
        says=("begins as utf-16 text", "--encoding utf-16"),
    ),
    Case(
        "UTF-16, said", "i.csv", "item_id,title\n1,Orbit\n".encode("utf-16"),
        [{"item_id": 1, "title": "Orbit"}], options=("--encoding", "utf-16"),
    ),
    Case(
        "an encoding that is none", "i.csv", "item_id\n1\n", code=2,
        options=("--encoding", "klingon"), says=("'klingon' is no encoding",),
    ),
    Case(
        "Parquet, capitals", "i.parquet",
        parquet("Title: text", item_id=pa.array([1]), Title=pa.array(["Orbit"])),
        [{"item_id": 1, "title": "Orbit"}],
    ),
    Case(
        "Parquet, unsigned 64 bits", "i.parquet",
        parquet("item_id: uint64", item_id=pa.array([2**64 - 1], pa.uint64())),
        [{"item_id": str(2**64 - 1)}],
    ),
    Case(
        "Parquet, decimal(38, 0)", "i.parquet",
        parquet("item_id: decimal(38, 0)", item_id=pa.array([Decimal(10**30)], pa.decimal128(38, 0))),
        [{"item_id": str(10**30)}],
    ),
    Case(
        "Parquet, a UUID of 16 bytes", "i.parquet",
        parquet(
            "item_id: binary(16)",
            item_id=pa.array([UUID(int=2**127 + 255).bytes], pa.binary(16)),
        ),
        [{"item_id": "80000000-0000-0000-0000-0000000000ff"}],
    ),
    Case(
        "Parquet, text as bytes", "i.parquet",
        parquet("item_id: binary", item_id=pa.array([b"A1"], pa.binary())), [{"item_id": "A1"}],
    ),
    Case(
        "Parquet, floats with a gap", "i.parquet",
        parquet("item_id: double", item_id=pa.array([1e10, None, float("nan")])),
        [{"item_id": 10**10}], rejected={"item_id is missing": 2},
    ),
    Case(
        "Parquet, nanoseconds", "i.parquet",
        parquet("available_until: timestamp(ns)", item_id=pa.array([1]), available_until=MOMENT),
        ended("2024-01-15 10:00:00"),
    ),
    Case(
        "Parquet, a date", "i.parquet",
        parquet(
            "available_until: date32", item_id=pa.array([1]),
            available_until=pa.array([19737], pa.date32()),
        ),
        ended(DAY),
    ),
    Case(
        "Parquet, a dictionary", "i.parquet",
        parquet("item_id: dictionary", item_id=pa.array(["A1"]).dictionary_encode()),
        [{"item_id": "A1"}],
    ),
    Case(
        "Parquet, lists of texts", "i.parquet",
        parquet("text: list", item_id=pa.array([1]), text=pa.array([["a", "b"]])),
        [{"item_id": 1, "text": "a b"}],
    ),
]  # fmt: skip
