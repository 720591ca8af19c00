"""Changes bundles, records and settings at random; the same random numbers make the same change."""

import contextlib
import hashlib
import io
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pyarrow as pa
import pyarrow.parquet as pq

STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 3, 4, 99, 2**31, 2**63, 10**30, 0.5, 1e308, float("nan")),
    *("", "a", "../x", "/etc/passwd", "\0", "ü" * 300, "1", "null", "mars-plus", "0" * 64),
    *([], [1], {}, {"a": 1}, [[[[]]]], ["a"] * 1000),
)


def flipped(rng: random.Random, content: bytes) -> bytes:
    """Some bits, bytes or ranges changed."""
    changed = bytearray(content or b"\0")
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        at = rng.randrange(len(changed))
        kind = rng.randrange(4)
        if kind == 0:
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            changed[at] = rng.randrange(256)
        elif kind == 2:
            changed[at : at + rng.randrange(1, 9)] = rng.randbytes(rng.randrange(9))
        else:
            changed[at:at] = changed[: rng.randrange(64)]
        changed = changed or bytearray(b"\0")
    return bytes(changed)


def cut(rng: random.Random, content: bytes) -> bytes:
    """The beginning or the end alone."""
    at = rng.randrange(len(content) + 1)
    return content[:at] if rng.random() < 0.7 else content[at:]


def field_changed(rng: random.Random, content: bytes) -> bytes:
    """One to three fields of a graph changed, removed, doubled or moved."""
    model = onnx.load_from_string(content)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        messages = [model]
        for message in messages:
            for field, value in message.ListFields():
                if field.message_type is not None:
                    messages += list(value) if field.is_repeated else [value]
        _change_field(rng, rng.choice(messages))
    return model.SerializePartialToString()


def _change_field(rng: random.Random, message: Any) -> None:
    field = rng.choice(message.DESCRIPTOR.fields)
    value = getattr(message, field.name)
    if rng.random() < 0.25:
        message.ClearField(field.name)
    elif field.is_repeated:
        if len(value) and rng.random() < 0.7:
            kept = list(value)
            rng.shuffle(kept)
            kept = kept + kept[:1] if rng.random() < 0.5 else kept[1:]
            copies = (
                [type(one).FromString(one.SerializePartialToString()) for one in kept]
                if (field.message_type)
                else kept
            )
            message.ClearField(field.name)
            getattr(message, field.name).extend(copies)
        elif field.message_type is None:
            value.append(_scalar(rng, field))
        else:
            value.add()
    elif field.message_type is None:
        setattr(message, field.name, _scalar(rng, field))
    else:
        value.SetInParent()


def _scalar(rng: random.Random, field: Any) -> Any:
    kind = field.cpp_type
    if kind == field.CPPTYPE_STRING:
        texts = ("", "x", "Loop", "If", "words", "vectors", "../../etc/passwd", "com.evil", "K")
        text = rng.choice(texts)
        return text.encode() if field.type == field.TYPE_BYTES else text
    if kind in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        return rng.choice((0.0, 1e30, float("nan"), float("inf"), -1.0))
    if kind == field.CPPTYPE_ENUM:
        return rng.choice(list(field.enum_type.values_by_number))
    return rng.choice((0, 1, 2, 7, -1, 2**31 - 1, 1000))


def json_changed(rng: random.Random, content: bytes) -> bytes:
    """One to three values of a record removed, retyped, renamed, or of another format."""
    tree = json.loads(content)
    for _ in range(rng.choice((1, 1, 2, 3))):
        branches = [tree] if isinstance(tree, dict | list) else [{}]
        for branch in branches:
            values = branch.values() if isinstance(branch, dict) else branch
            branches += [value for value in values if isinstance(value, dict | list)]
        branch = rng.choice(branches)
        if isinstance(branch, list):
            branch.append(rng.choice(STRANGE))
            continue
        name = rng.choice([*branch, "format"])
        change = rng.randrange(4)
        if change == 0:
            branch.pop(name, None)
        elif change == 1:
            branch[rng.choice(("", "x", "../x", "format", name + "x"))] = branch.pop(name, None)
        else:
            branch[name] = rng.choice(STRANGE)
    return json.dumps(tree).encode()


def parquet_changed(rng: random.Random, content: bytes) -> bytes:
    """A column removed, retyped, emptied, cut, repeated or with nulls."""
    table = pq.read_table(io.BytesIO(content))
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    name = rng.choice(list(columns))
    rows = columns[name]
    change = rng.randrange(8)
    if change == 0:
        del columns[name]
    elif change == 1:
        columns[name] = [str(row) for row in rows]
    elif change == 2:
        columns[name] = [None, *rows[1:]]
    elif change == 3:
        columns = {key: values[:0] for key, values in columns.items()}
    elif change == 4:
        columns[name] = [row[:1] if isinstance(row, list) else row for row in rows]
    elif change == 5:
        columns = {key: values * 3 for key, values in columns.items()}
    elif change == 6:
        columns[name] = [rng.choice((float("nan"), 1e38, 3.5)) for _ in rows]
    else:
        columns[name] = [[row] for row in rows]
    out = io.BytesIO()
    with contextlib.suppress(pa.ArrowException):
        pq.write_table(pa.table(columns), out)
    return out.getvalue()


def change_bundle(rng: random.Random, folder: Path) -> str:
    """Change one file of a bundle; mostly the manifest's hashes are those of what is there now."""
    files = sorted(path.name for path in folder.iterdir() if path.name != "manifest.json")
    name = rng.choice(files)
    path = folder / name
    how: Callable[[random.Random, bytes], bytes]
    if name.endswith(".onnx"):
        how = rng.choice((flipped, cut, field_changed, field_changed, field_changed))
    elif name.endswith(".parquet"):
        how = rng.choice((flipped, flipped, cut, parquet_changed, parquet_changed))
    else:
        how = rng.choice((flipped, flipped, cut))
    what = f"{how.__name__} {name}"
    if rng.random() < 0.1:
        other = folder / rng.choice(files)
        one, two = path.read_bytes(), other.read_bytes()
        path.write_bytes(two)
        other.write_bytes(one)
        what = f"{name} and {other.name} swapped"
    else:
        path.write_bytes(how(rng, path.read_bytes()))
    if rng.random() < 0.9:
        correct_hashes(folder)
        what += ", hashes corrected"
    return what


def correct_hashes(folder: Path) -> None:
    """What somebody does who wants the change to be taken."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for name in manifest["files"]:
        manifest["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def change_record(rng: random.Random, folder: Path) -> str:
    """Change the manifest, or the record of what is in use."""
    path = rng.choice((folder / "manifest.json", folder.parent / "promoted.json"))
    how = rng.choice((json_changed, json_changed, json_changed, flipped, cut))
    path.write_bytes(how(rng, path.read_bytes()))
    return f"{how.__name__} {path.name}"


def replace_by_something(rng: random.Random, folder: Path) -> str:
    """Something that is no file of a bundle in a file's place."""
    path = rng.choice(sorted([*folder.iterdir(), folder.parent / "promoted.json"]))
    kind = rng.choice(("folder", "pipe", "link out", "link to itself", "nothing", "empty", "huge"))
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "link out":
        path.symlink_to("/etc/passwd")
    elif kind == "link to itself":
        path.symlink_to(path.name)
    elif kind != "nothing":
        path.write_bytes(b"")
        os.truncate(path, 2**42 if kind == "huge" else 0)
    return f"{kind} in place of {path.name}"


LAUGHS = "\n".join(
    f"k{n}: &{above} [{', '.join(['*' + below] * 9)}]"
    for n, (below, above) in enumerate(zip("abcdefg", "bcdefgh", strict=True))
)
VALUES = (
    *("&a [*a]", "&a {<<: *a}", "!!python/object/apply:os.abort []", "|", "9" * 6000, "1e999"),
    *(
        "-.inf",
        ".nan",
        "0x",
        "2026-99-99",
        "[" * 50,
        "[" * 5000,
        "{a: " * 50,
        f"&a [x, x]\n{LAUGHS}",
    ),
)


def change_yaml(rng: random.Random, text: str) -> str:
    """Settings whose lines, words, depth or repetitions are others."""
    lines = text.splitlines()
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(lines))
        line, key = lines[at], lines[at].split(":")[0]
        lines[at] = rng.choice(
            (
                line[: rng.randrange(len(line) + 1)],
                " " * rng.randrange(9) + line,
                rng.choice(lines),
                f"{key}: {rng.choice(STRANGE)!r}",
                f"{key}: {json.dumps(rng.choice(STRANGE))}",
                f"{key}: {rng.choice(VALUES)}",
                rng.choice(("? [a]\n: b", "%YAML 9.9", "---")),
            )
        )
    return "\n".join(lines)
