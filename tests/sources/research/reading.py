"""Files of a set written into a folder, and what a reader makes of them."""

import gzip
from collections.abc import Iterator
from pathlib import Path

from mars_model.sources.research.choose import choose_set
from mars_model.sources.research.records import Broken, Interaction, Item
from mars_model.sources.research.set_files import Reading


def write(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    """Lines as a file, compressed where its name says so."""
    content = "".join(line + "\n" for line in lines).encode(encoding)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def _rows(reading: Reading) -> Iterator[Item | Interaction | Broken]:
    for file in reading.files:
        yield from reading.read(file)


def items(kind: str, folder: Path) -> list[Item | Broken]:
    """The items of a set in a folder."""
    return list(_rows(choose_set(kind, [folder]).items))


def interactions(kind: str, folder: Path) -> list[Interaction | Broken]:
    """The interactions of a set in a folder."""
    return list(_rows(choose_set(kind, [folder]).interactions))
