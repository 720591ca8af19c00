"""Changes to valid files, by a seed: bytes, columns, values, encodings, quotes, nesting."""

import csv
import gzip
import io
import json
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

WORDS = [
    "Orbit",
    "Salt & pepper",
    'The "Last" Sauce',
    "Café",
    "日本",
    "two\nlines",
    "a, b; c|d",
    "",
]
JUNK = [
    *("", " ", "NaN", "inf", "-1", "0", "1e400", "1.0", "007", "A1", "\u00a0", "\ufeff7", "\x00"),
    *(
        "2026-01-01",
        "20260101",
        "1767225600",
        "1767225600000",
        "null",
        "true",
        "'; drop table",
        '"',
    ),
    *("9" * 25, "x" * 5000, "\u200b", "1,5", "🙂", "\r", "=1+1", "{}", "[1,2]", "٣", "\\", "\\N"),
]


def items(rng: random.Random, n: int) -> list[dict[str, str]]:
    """Rows of a valid file of items."""
    return [
        {
            "item_id": str(place),
            "title": rng.choice(WORDS),
            "text": " ".join(rng.choices(WORDS, k=3)),
            "available_until": "2027-01-31",
        }
        for place in range(1, n + 1)
    ]


def as_csv(rows: list[dict[str, str]], separator: str = ",") -> bytes:
    """The rows as CSV that the library writes."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=separator, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_json(rows: list[dict[str, str]]) -> bytes:
    """The rows as JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def of_bytes(rng: random.Random, content: bytes) -> bytes:
    """Some bytes changed, lost, doubled or put in."""
    held = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        start = rng.randrange(len(held) + 1)
        end = min(len(held), start + rng.choice([1, 1, 2, 10, 100]))
        held[start:end] = rng.choice(
            [
                b"",
                bytes(held[start:end]) * 2,
                rng.randbytes(rng.randint(1, 3)),
                rng.choice(
                    [b'"', b"\n", b"\r", b"\r\n", b"\x00", b",", b";", b"\t", b"\\", b"\xe9"]
                ),
            ]
        )
    return bytes(held) if rng.random() < 0.9 else bytes(held[: rng.randrange(len(held) + 1)])


def of_columns(rng: random.Random, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Columns renamed, dropped, added or in another order."""
    names = list(rows[0])
    rng.shuffle(names)
    new = {name: name for name in names}
    for _ in range(rng.randint(1, 2)):
        name = rng.choice(names)
        spelt = [name.upper(), f" {name} ", name.title(), "sku", "", "a.b", "`", "Title", "\u00e9"]
        new[name] = rng.choice(spelt)
    if rng.random() < 0.3:
        del new[rng.choice(names)]
    return [{spelt: row[name] for name, spelt in new.items()} for row in rows]


def of_values(rng: random.Random, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Some values are junk, or a whole column is."""
    changed = [dict(row) for row in rows]
    for _ in range(rng.randint(1, 6)):
        name = rng.choice(list(rows[0]))
        for row in changed if rng.random() < 0.2 else [rng.choice(changed)]:
            row[name] = rng.choice(JUNK)
    return changed


def of_encoding(rng: random.Random, content: bytes) -> bytes:
    """The same text as older programs write it."""
    name = rng.choice(
        ["latin-1", "cp1252", "utf-16", "utf-16-le", "shift_jis", "utf-8-sig", "cp037"]
    )
    return content.decode().encode(name, "replace")


def of_quotes(rng: random.Random, content: bytes) -> bytes:
    """A quote more or less."""
    places = [place for place, byte in enumerate(content) if byte in b'",\n']
    held = bytearray(content)
    place = rng.choice(places)
    held[place : place + 1] = rng.choice([b'"', b'""', b'",', b',"', b""])
    return bytes(held)


def of_nesting(rng: random.Random, rows: list[dict[str, str]]) -> bytes:
    """Values that are lists, objects, numbers, or nested without end."""
    lines = []
    for row in rows:
        new: dict[str, object] = dict(row)
        name = rng.choice(list(row))
        new[name] = rng.choice(
            [[row[name]], {"a": [1, {"b": None}]}, [], {}, 7, 1.5, True, None, 10**30, [[1], "a"]]
        )
        lines.append(json.dumps(new, ensure_ascii=rng.random() < 0.5))
    if rng.random() < 0.2:
        lines[rng.randrange(len(lines))] = "[" * 3000 + "]" * 3000
    return ("\n".join(lines) + "\n").encode()


def of_types(rng: random.Random, rows: list[dict[str, str]]) -> pa.Table:
    """Parquet whose columns have other types."""
    table = pa.Table.from_pylist(rows)
    ids = pa.array([int(row["item_id"]) for row in rows])
    times = pa.array([1767225600 + n for n in range(len(rows))])
    choices = {
        "item_id": [
            *(ids.cast(kind) for kind in (pa.int8(), pa.uint64(), pa.float64(), pa.string())),
            ids.cast(pa.decimal128(38, 0)),
            pa.array([f"id{n}".encode() for n in range(len(rows))], pa.binary()),
            pa.array([bytes([n] * 16) for n in range(len(rows))], pa.binary(16)),
            pa.array([[n] for n in range(len(rows))]),
            pa.array([n % 2 == 0 for n in range(len(rows))]),
            pa.nulls(len(rows)),
        ],
        "available_until": [
            times,
            times.cast(pa.timestamp("s")),
            pa.array([n * 10**9 for n in times.to_pylist()], pa.timestamp("ns")),
            pa.array([n * 10**3 for n in times.to_pylist()], pa.timestamp("ms", tz="Europe/Paris")),
            pa.array([20000 + n for n in range(len(rows))], pa.int32()).cast(pa.date32()),
            pa.array([n for n in range(len(rows))], pa.time64("us")),
        ],
        "title": [pa.array([{"a": 1}] * len(rows)), pa.array([["a", None]] * len(rows)), ids],
    }
    name = rng.choice(list(choices))
    place = table.column_names.index(name)
    return table.set_column(place, name, rng.choice(choices[name]))


def mutated(rng: random.Random, folder: Path) -> Path:
    """One mutated file in a folder."""
    rows = items(rng, rng.randint(1, 12))
    kind = rng.choice(["csv", "csv", "csv", "jsonl", "parquet"])
    path = folder / f"items.{kind}"
    if kind == "parquet":
        change: Callable[[], pa.Table] = rng.choice(
            [lambda: of_types(rng, rows), lambda: pa.Table.from_pylist(of_columns(rng, rows))]
        )
        pq.write_table(change(), path)
        if rng.random() < 0.3:
            path.write_bytes(of_bytes(rng, path.read_bytes()))
        return path
    write = as_csv if kind == "csv" else as_json
    content = rng.choice(
        [
            lambda: of_bytes(rng, write(rows)),
            lambda: write(of_columns(rng, rows)),
            lambda: write(of_values(rng, rows)),
            lambda: of_encoding(rng, write(rows)),
            lambda: of_quotes(rng, write(rows)),
            lambda: of_nesting(rng, rows) if kind == "jsonl" else as_csv(rows, rng.choice(";\t|")),
        ]
    )()
    if rng.random() < 0.1:
        path, content = path.with_suffix(f".{kind}.gz"), gzip.compress(content)
        content = content if rng.random() < 0.5 else of_bytes(rng, content)
    path.write_bytes(content)
    return path
