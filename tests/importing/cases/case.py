"""A case: a file, the options it is imported with, and what happens."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Case:
    """What a file holds and what `mars-batch import --dry-run` makes of it.

    `rows`: those that are read, sorted, each by column without its nulls; at most three. `says`:
    parts of what is printed, of the refusal where the exit code is not 0.
    """

    title: str
    name: str  # of the file
    content: str | bytes | Callable[[Path], None] | dict[str, str | bytes]  # a dict: a folder
    rows: list[dict[str, Any]] = field(default_factory=list)
    says: tuple[str, ...] = ()
    code: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    table: str = "items"
    options: tuple[str, ...] = ()

    def write(self, folder: Path) -> Path:
        """The file, in an empty folder."""
        path = folder / self.name
        if isinstance(self.content, dict):
            path.mkdir()
            for name, content in self.content.items():
                (path / name).write_bytes(_bytes(content))
        elif callable(self.content):
            self.content(path)
        else:
            path.write_bytes(_bytes(self.content))
        return path

    @property
    def shown(self) -> str:
        """The content as a page shows it."""
        if isinstance(self.content, dict):
            return " + ".join(f"{name}: {_one_line(_bytes(c))}" for name, c in self.content.items())
        if callable(self.content):
            return self.content.__doc__ or ""
        return _one_line(_bytes(self.content))


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _one_line(content: bytes) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("latin-1") if content.isascii() else repr(content)[2:-1]
    shown = text.strip("\n").replace("\r", "␍").replace("\t", "⇥").replace("\n", " ⏎ ")
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in shown)[:160]
