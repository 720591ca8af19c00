"""Finds sql/ and conf/: beside the package in a checkout, inside it once installed."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def resource_folder(name: str) -> Path:
    """The folder `sql` or `conf`. Raises FileNotFoundError where the installation lacks it."""
    for parent in (_PACKAGE, _PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise FileNotFoundError(f"folder {name}/ is missing beside {_PACKAGE}: reinstall mars-batch")


def sql_files(kind: str) -> list[Path]:
    """The SQL files of a kind (tables, views, checks, examples), by name."""
    return sorted((resource_folder("sql") / kind).glob("*.sql"))
