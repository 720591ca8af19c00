"""Which files of a set hold what: found by their names, all that is missing named at once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mars_model.errors import InputDataError
from mars_model.sources.research.records import Broken, Row

_JSON_ENDINGS = (".json", ".jsonl", ".ndjson")


@dataclass(frozen=True)
class Reading:
    """Files, and how each of them becomes rows."""

    files: tuple[Path, ...]
    read: Callable[[Path], Iterator[Row | Broken]]

    @property
    def source(self) -> str:
        """The files as messages and tables name them."""
        return ", ".join(map(str, self.files))


@dataclass(frozen=True)
class ResearchSet:
    """What a set's files say, ready to be read."""

    items: Reading
    interactions: Reading
    has_ratings: bool = True
    other_files: tuple[Path, ...] = ()  # read along with the others

    @property
    def files(self) -> tuple[Path, ...]:
        """All files that are read."""
        return (*self.items.files, *self.interactions.files, *self.other_files)


def plain_name(file: Path) -> str:
    """A file's name in lower case, without .gz."""
    return file.name.lower().removesuffix(".gz")


def named(files: Sequence[Path], *names: str) -> Path | None:
    """The first of the files with one of these names, plain before .gz."""
    found = [file for file in files if plain_name(file) in names]
    return min(found, key=lambda file: file.suffix.lower() == ".gz", default=None)


def json_files(files: Sequence[Path], is_wanted: Callable[[str], bool]) -> tuple[Path, ...]:
    """The JSON lines files whose name is wanted; of X.json and X.json.gz the first."""
    names = dict.fromkeys(plain_name(file) for file in files)
    wanted = [n for n in names if n.endswith(_JSON_ENDINGS) and is_wanted(n)]
    found = [named(files, name) for name in wanted]
    return tuple(file for file in found if file is not None)


def missing_files(kind: str, missing: Sequence[str], files: Sequence[Path]) -> InputDataError:
    """The one error that names all that a set lacks, and what was found instead."""
    found = ", ".join(sorted(file.name for file in files)[:12]) or "no file"
    return InputDataError(
        f"format {kind}: {' and '.join(missing)} not found among {found}. Name the folder that "
        "holds them, or each of them, with --from; docs/research_data.md has the files of each "
        "format"
    )
