"""Keeps arrays beside the bundles, so that an ordinary night maps them instead of making them.

What is kept is a copy of what can be made again: where it is missing, broken or cannot be written,
a night takes longer and nothing else changes.
"""

import hashlib
import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

Arrays = TypeVar("Arrays")


def key_of(*content: Any) -> str:
    """A name for what arrays are made from."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def open_kept(kind: type[Arrays], folder: Path) -> Arrays | None:
    """A dataclass of arrays, memory-mapped; None where it is not there or a crash broke it."""
    try:
        return kind(
            **{
                f.name: np.load(folder / f"{f.name}.npy", mmap_mode="r", allow_pickle=False)
                for f in fields(kind)  # type: ignore[arg-type]
            }
        )
    except (OSError, ValueError, EOFError):
        return None


def keep(arrays: Any, folder: Path) -> None:
    """Write a dataclass of arrays in place of those that were kept before."""
    # A folder of models that is full or read-only costs time, not the night.
    with suppress(OSError), written_whole(folder) as draft:
        for f in fields(arrays):
            np.save(draft / f"{f.name}.npy", getattr(arrays, f.name), allow_pickle=False)


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """A draft that becomes `folder`, and the only one beside it, once it is written."""
    draft = folder.with_name(f"draft-{uuid.uuid4().hex}")
    draft.mkdir(parents=True)
    try:
        yield draft
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    for other in folder.parent.iterdir():
        if other != folder and not other.name.startswith("draft-"):
            shutil.rmtree(other, ignore_errors=True)
