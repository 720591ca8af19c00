"""Which files a source is: one file, or those of a folder, and what format they have."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from mars_model.errors import InputDataError

_FORMATS = {
    **{"parquet": "parquet", "csv": "csv", "tsv": "csv", "txt": "csv"},
    **{"jsonl": "json", "ndjson": "json", "json": "json"},
}
_PACKED = ("gz", "bz2", "zst")


@dataclass(frozen=True)
class DataFiles:
    """A source as named on the command line, and the files that hold its rows."""

    source: str
    format: str  # parquet, csv or json
    files: tuple[Path, ...]  # none where the source lies where only Spark reaches it

    @property
    def n_bytes(self) -> int | None:
        """What the files take on the disk; None where only Spark reaches them."""
        return sum(path.stat().st_size for path in self.files) if self.files else None


def find_data_files(source: str) -> DataFiles:
    """The files of a source, in the order of their names.

    What begins with `_` or `.` in a folder belongs to the program that wrote it. Raises
    InputDataError where there is nothing, no known format, or a folder holds what is not read.
    """
    if "://" in source and not source.startswith("file:"):
        return DataFiles(source, _format_of(source, is_folder=False), ())
    is_url = source.startswith("file:/")
    return local_files(source, Path(url2pathname(urlsplit(source).path) if is_url else source))


def local_files(source: str, path: Path) -> DataFiles:
    """The files of a source that lies at `path` on this machine. Raises as `find_data_files`."""
    if not path.exists():
        raise InputDataError(f"file {source}: not found. Name a Parquet, CSV or JSON lines file")
    kind = _format_of(source, path.is_dir())
    if not path.is_dir():
        return DataFiles(source, kind, (path,))
    files = [p for p in sorted(path.rglob("*")) if p.is_file() and not _is_hidden(p, path)]
    if not files:
        raise InputDataError(f"file {source}: is a folder without files. Expected {kind} files")
    if kind != "parquet" and (deep := [f for f in files if f.parent != path]):
        raise InputDataError(
            f"file {source}: holds folders ({deep[0].parent.relative_to(path)}), and only Parquet "
            "is read with the folders of a partition. Name the inner folder, or write Parquet"
        )
    if strange := [f for f in files if _ending(f.name) not in ("", kind)]:
        raise InputDataError(
            f"file {source}: holds {strange[0].relative_to(path)}, which is no {kind} file. Move "
            "it out of the folder"
        )
    return DataFiles(source, kind, tuple(files))


def packing(path: Path) -> str:
    """How a file is compressed by its ending: gz, bz2, zst or nothing."""
    last = path.suffix.lower().lstrip(".")
    return last if last in _PACKED else ""


def _is_hidden(file: Path, folder: Path) -> bool:
    return any(part[0] in "_." for part in file.relative_to(folder).parts)


def _ending(name: str) -> str:
    """The format that an ending says; nothing where there is no ending, "?" for an unknown one."""
    endings = [e.lower() for e in name.split(".")[1:]]
    if endings and endings[-1] in _PACKED:
        endings.pop()
    return _FORMATS.get(endings[-1], "?") if endings else ""


def _format_of(source: str, is_folder: bool) -> str:
    kind = _ending(source.rstrip("/").rsplit("/", 1)[-1].lstrip("."))
    if kind == "" and is_folder:
        return "parquet"
    if kind not in _FORMATS.values():
        raise InputDataError(
            f"file {source}: its ending says no known format, expected one of "
            + ", ".join("." + ending for ending in _FORMATS)
        )
    return kind
