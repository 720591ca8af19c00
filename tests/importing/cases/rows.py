"""Kind C: rows never vanish, and never overwrite more than they say."""

import bz2
import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.importing.cases.case import Case

ORBIT = {"item_id": 1, "title": "Orbit"}
BOTH = [ORBIT, {"item_id": 2, "title": "Salt"}]
EVENTS = [{"user_id": 101, "item_id": 1}, {"user_id": 102, "item_id": 3}]
PLAIN = "item_id,title\n1,Orbit\n2,Salt\n"
MANY = "".join(f"{n},Title {n}\n" for n in range(3, 40))


def zero_page(path: Path) -> None:
    """a page of zeros within"""
    pq.write_table(pa.table({"item_id": list(range(1000))}), path, compression="none")
    held = bytearray(path.read_bytes())
    held[4:2000] = bytes(1996)
    path.write_bytes(held)


def two_schemas(path: Path) -> None:
    """two files of different columns"""
    path.mkdir()
    pq.write_table(pa.table({"item_id": [1], "title": ["Orbit"]}), path / "a.parquet")
    pq.write_table(pa.table({"item_id": [2], "name": ["Salt"]}), path / "b.parquet")


def partitioned(path: Path) -> None:
    """folders year=2025 and year=2026"""
    for year in (2025, 2026):
        (path / f"year={year}").mkdir(parents=True)
        pq.write_table(pa.table({"item_id": [year]}), path / f"year={year}" / "a.parquet")


CASES = [
    Case("separated by semicolons", "i.csv", "item_id;title\n1;Orbit\n", [ORBIT], ("separated by ';'",)),
    Case("separated by tabs", "i.tsv", "item_id\ttitle\n1\tOrbit\n", [ORBIT], ("separated by",)),
    Case("separated by bars", "i.csv", "item_id|title\n1|Orbit\n", [ORBIT], ("separated by '|'",)),
    Case("Windows line ends", "i.csv", PLAIN.replace("\n", "\r\n"), BOTH),
    Case("old Mac line ends", "i.csv", PLAIN.replace("\n", "\r"), BOTH),
    Case("mixed line ends", "i.csv", "item_id,title\r\n1,Orbit\n2,Salt\r\n", BOTH),
    Case("no line end at the end", "i.csv", PLAIN.rstrip(), BOTH),
    Case("blank lines", "i.csv", "\nitem_id,title\n\n1,Orbit\n\n2,Salt\n\n", BOTH),
    Case("a separator in quotes", "i.csv", 'item_id,title\n1,"a, b"\n', [{"item_id": 1, "title": "a, b"}]),
    Case("doubled quotes", "i.csv", 'item_id,title\n1,"a ""b"""\n', [{"item_id": 1, "title": 'a "b"'}]),
    Case("a line break in quotes", "i.csv", 'item_id,title\n1,"a\nb"\n', [{"item_id": 1, "title": "a\nb"}]),
    Case("a quote within a word", "i.csv", 'item_id,title\n1,7" single\n', [{"item_id": 1, "title": '7" single'}]),
    Case("empty quotes", "i.csv", 'item_id,title\n1,""\n', [{"item_id": 1}]),
    Case(
        "a line of too many fields", "i.csv", f"{PLAIN}3,a,b\n", BOTH,
        rejected={"the line has 3 fields, not 2": 1},
    ),
    Case(
        "a line of too few fields", "i.csv", f"{PLAIN}3\n", BOTH,
        rejected={"the line has 1 fields, not 2": 1},
    ),
    Case(
        "text behind a quote", "i.csv", f'{PLAIN}3,"a"b\n', BOTH,
        rejected={"the line is no CSV (',' expected after '\"')": 1},
    ),
    Case(
        "a quote that never closes", "i.csv", f'item_id,title\n1,Orbit\n2,"Salt\n{MANY}', code=3,
        says=("line 3: a quote opens there", "nothing was imported"),
    ),
    Case(
        "a quote that another one closes", "i.csv", f'item_id,title\n2,"Salt\n{MANY}40,"Bread"\n',
        code=3, says=("line 2: a quote opens there and its record runs over 39 lines",),
    ),
    Case(
        "a quote opened in an id", "i.csv", f'item_id,title\n"1,Orbit\n{MANY}","Salt"\n', code=3,
        says=("a quote was opened and never closed",),
    ),
    Case("nothing at all", "i.csv", "", code=3, says=("has 0 bytes, not even a heading",)),
    Case("only blank lines", "i.csv", "\n\n", code=3, says=("has no heading",)),
    Case("a heading without rows", "i.csv", "item_id,title\n", code=3, says=("it is empty",)),
    Case("no heading", "i.csv", "1,Orbit\n2,Salt\n", code=3, says=("it has 1, Orbit",)),
    Case(
        "repeated ids", "i.csv", f"{PLAIN}2,Bread\n", BOTH, rejected={"repeats item_id": 1},
    ),
    Case(
        "repeated events", "e.csv", "user_id,item_id,rating\n1,2,3\n1,2,5\n",
        [{"user_id": 1, "item_id": 2, "rating": 5.0}], table="interactions",
        rejected={"repeats user_id, item_id, interacted_at": 1},
    ),
    Case(
        "an event without a user", "e.csv", "user_id,item_id\n101,1\n,2\n", EVENTS[:1],
        table="interactions", rejected={"user_id is missing": 1},
    ),
    Case(
        "no good row", "e.csv", "user_id,item_id\n,2\n", code=3, table="interactions",
        says=("none of its rows keeps the contract", "user_id is missing: 1 rows"),
    ),
    Case("a folder", "i.csv", {"a.csv": PLAIN[:22], "b.csv": "item_id,title\n2,Salt\n"}, BOTH),
    Case(
        "a folder whose files order their columns differently", "e.csv",
        {"a.csv": "user_id,item_id\n101,1\n", "b.csv": "item_id,user_id\n3,102\n"}, EVENTS,
        table="interactions",
    ),
    Case(
        "a folder whose files spell their columns differently", "i.csv",
        {"a.csv": PLAIN[:22], "b.csv": "Item_ID,Title\n2,Salt\n"}, BOTH,
    ),
    Case(
        "a folder whose files have different columns", "i.csv",
        {"a.csv": PLAIN, "b.csv": "item_id,price\n3,1\n"}, code=3,
        says=("b.csv: its heading differs", "lacks title and has price"),
    ),
    Case(
        "a folder with an empty file", "i.csv", {"a.csv": PLAIN, "b.csv": ""}, code=3,
        says=("b.csv: has 0 bytes",),
    ),
    Case(
        "a folder with a file of another kind", "i.csv", {"a.csv": PLAIN, "b.json": "{}"}, code=3,
        says=("holds b.json, which is no csv file",),
    ),
    Case(
        "a folder with what its writer left", "i.csv",
        {"part-0": PLAIN, "_SUCCESS": "", ".part-0.crc": b"\x00\xff"}, BOTH,
    ),
    Case("a folder without files", "i.csv", {}, code=3, says=("is a folder without files",)),
    Case("a name that begins with _", "_items.csv", PLAIN, BOTH),
    Case("a name with brackets", "items [final].csv", PLAIN, BOTH),
    Case("a name with a colon", "items 10:30.csv", PLAIN, BOTH),
    Case("a name with an umlaut", "artikelübersicht.csv", PLAIN, BOTH),
    Case("a name with a star and a brace", "i*{a,b}.csv", PLAIN, BOTH),
    Case("capitals in the ending", "ITEMS.CSV", PLAIN, BOTH),
    Case("no known ending", "items.xlsx", PLAIN, code=3, says=("its ending says no known format",)),
    Case("gzip", "i.csv.gz", gzip.compress(PLAIN.encode(), mtime=0), BOTH),
    Case("bzip2", "i.csv.bz2", bz2.compress(PLAIN.encode()), BOTH),
    Case("Zstandard", "i.csv.zst", bytes(pa.compress(PLAIN.encode(), "zstd", asbytes=True)), BOTH),
    Case("two gzip members", "i.csv.gz", gzip.compress(PLAIN[:22].encode(), mtime=0) + gzip.compress(b"2,Salt\n", mtime=0), BOTH),
    Case(
        "a cut-off gzip", "i.csv.gz", gzip.compress(PLAIN.encode() * 1000, mtime=0)[:-20], code=3,
        says=("cannot be read: ", "Check that it is whole"),
    ),
    Case("a gzip that is none", "i.csv.gz", PLAIN, code=3, says=("cannot be read: ",)),
    Case("a CSV that is gzip", "i.csv", gzip.compress(PLAIN.encode(), mtime=0), code=3, says=("is no utf-8",)),
    Case("JSON lines", "i.jsonl", '{"item_id": 1, "title": "Orbit"}\n{"title": "Salt", "item_id": 2}', BOTH),
    Case(
        "JSON lines, a broken line", "i.jsonl", '{"item_id": 1, "title": "Orbit"}\n{"item_id": 2, "ti\n',
        [ORBIT], rejected={"the line is no JSON (Unterminated string starting at)": 1},
    ),
    Case(
        "JSON lines, no object", "i.jsonl", '{"item_id": 1, "title": "Orbit"}\n[2]\n', [ORBIT],
        rejected={"the line holds no JSON object": 1},
    ),
    Case(
        "JSON lines, one name twice", "i.jsonl",
        '{"item_id": 1, "title": "Orbit"}\n{"item_id": 2, "item_id": 3}\n', [ORBIT],
        rejected={"the line is no JSON (one name is there twice)": 1},
    ),
    Case(
        "JSON lines, NaN", "i.jsonl", '{"item_id": 1, "title": "Orbit"}\n{"item_id": NaN}\n', [ORBIT],
        rejected={"the line is no JSON (NaN is no JSON)": 1},
    ),
    Case("JSON lines, columns that come later", "i.jsonl", '{"item_id": 2}\n{"item_id": 1, "title": "Orbit"}\n', [ORBIT, {"item_id": 2}]),
    Case(
        "one JSON array", "i.json", '[{"item_id": 1}, {"item_id": 2}]', code=3,
        says=("begins with [, expected one object a line",),
    ),
    Case(
        "an object spread over lines", "i.json", '{\n  "item_id": 1\n}\n', code=3,
        says=("'item_id' not found",),
    ),
    Case("Parquet cut off", "i.parquet", b"PAR1 but not for long", code=3, says=("cannot be read: ",)),
    Case("Parquet with a page of zeros", "i.parquet", zero_page, code=3, says=("cannot be read: ",)),
    Case("Parquet, files of different columns", "i", two_schemas, code=3, says=("its columns differ",)),
    Case("Parquet in the folders of a partition", "i", partitioned, [{"item_id": 2025}, {"item_id": 2026}]),
    Case(
        "segments with blanks around them", "u.csv", "user_id,segment\n1,kids \n", code=0,
        rows=[{"user_id": 1, "segment": "kids"}], table="user-segments",
    ),
    Case(
        "a user in two segments", "u.csv", "user_id,segment\n1,a\n1,b\n", code=3,
        table="user-segments", says=("user 1: a, b",),
    ),
    Case(
        "an exclusion that never holds", "x.csv",
        "item_id,excluded_from,excluded_until\n1,,\n2,2026-01-02,2026-01-01\n",
        [{"item_id": 1}], table="excluded-items",
        rejected={"excluded_until is not after excluded_from": 1},
    ),
    Case(
        "an exclusion without an item", "x.csv", "item_id,reason\n1,recalled\n,all\n",
        [{"item_id": 1, "reason": "recalled"}], table="excluded-items",
        rejected={"item_id is missing": 1},
    ),
    Case(
        "a file of segments without its items", "s.csv", "segment\nkids\n", code=3,
        table="segment-items", says=("column 'item_id' not found",),
    ),
]  # fmt: skip
