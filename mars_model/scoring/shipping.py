"""Sends files to each machine once; all Python workers of a machine read the same copy."""

import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from pyspark import SparkContext, SparkFiles

from mars_model.bundle.registry import Bundle


def ship_file(context: SparkContext, name: str, write: Callable[[Path], object]) -> None:
    """Send the file that `write` makes, unless this process has sent one of that name.

    The name must say what is in it: Spark never takes a second file of the same name.
    """
    path = Path(_outbox().name) / name
    if not path.exists():
        write(path)
    context.addFile(str(path))


def shipped_file(name: str) -> Path:
    """Where a worker finds a file that the driver sent."""
    return Path(SparkFiles.get(name))


def ship_bundle_file(context: SparkContext, bundle: Bundle, name: str) -> str:
    """Send one file of a bundle; the returned name is unique to the model version."""
    unique = f"{bundle.model_version}-{name}"
    ship_file(context, unique, lambda path: shutil.copy(bundle.file(name), path))
    return unique


@cache
def _outbox() -> "tempfile.TemporaryDirectory[str]":
    """Executors fetch from here while the session lives; it goes when the process ends."""
    return tempfile.TemporaryDirectory(prefix="mars-batch-")
