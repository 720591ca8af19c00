"""Sends files to each machine once; all Python workers of a machine read the same copy."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from functools import cache, lru_cache, partial
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pyspark import SparkContext, SparkFiles

from mars_model.bundle.registry import Bundle
from mars_model.bundle.sealed_file import SealedFile
from mars_model.tables.session import is_on_one_machine

Arrays = TypeVar("Arrays")
_numbers = count(1)


def ship_file(context: SparkContext, name: str, write: Callable[[Path], object]) -> None:
    """Send the file that `write` makes, unless this process has sent one of that name.

    The name must say what is in it: Spark never takes a second file of the same name.
    """
    is_here = is_on_one_machine(context)
    # Where workers look for files: of this machine alone Spark need not make a second copy.
    path = Path(SparkFiles.getRootDirectory() if is_here else _outbox().name) / name
    if not path.exists():
        write(path)
    if not is_here:
        context.addFile(str(path))


def shipped_file(name: str) -> Path:
    """Where a worker finds a file that the driver sent."""
    return Path(SparkFiles.get(name))


@dataclass(frozen=True)
class ShippedFile:
    """A file of a bundle on its way to workers, and the SHA-256 that the driver verified."""

    name: str
    sha256: str

    def arrived(self) -> SealedFile:
        """The file in a worker."""
        return SealedFile(shipped_file(self.name), self.sha256)


def ship_bundle_file(context: SparkContext, bundle: Bundle, name: str) -> ShippedFile:
    """Send one file of a bundle, under a name that is unique to the model version."""
    sealed = bundle.sealed(name)
    shipped = ShippedFile(f"{bundle.model_version}-{name}", sealed.sha256)
    ship_file(context, shipped.name, lambda path: path.write_bytes(sealed.read()))
    return shipped


def ship_arrays(context: SparkContext, arrays: Any) -> str:
    """Send a dataclass of arrays to each machine once; the returned key opens them there.

    Every key is new: Spark would not send a file again whose name it has seen, and what was taken
    back would stay away.
    """
    key = f"arrays-{next(_numbers)}"
    for f in fields(arrays):
        ship_file(context, f"{key}-{f.name}.npy", partial(_save, getattr(arrays, f.name)))
    return key


def _save(array: NDArray[Any], path: Path) -> None:
    """Write an array, or give a file that holds just this array a second name."""
    if isinstance(array, np.memmap) and array.mode == "r" and array.flags.c_contiguous:
        # Another file system, one without links, or a night beside this one has kept newer arrays:
        # what is mapped can still be written.
        with suppress(OSError, ValueError, EOFError):
            whole = np.load(str(array.filename), mmap_mode="r", allow_pickle=False)
            if (whole.shape, whole.dtype) == (array.shape, array.dtype):
                path.hardlink_to(str(array.filename))
                return
    np.save(path, np.ascontiguousarray(array), allow_pickle=False)


@lru_cache(maxsize=3)
def open_arrays(kind: type[Arrays], key: str) -> Arrays:
    """The arrays in a worker, memory-mapped: all workers of a machine share their pages.

    A worker keeps a catalogue, its titles and its lists, and lets go of those of earlier nights.
    """
    return kind(
        **{
            f.name: np.load(shipped_file(f"{key}-{f.name}.npy"), mmap_mode="r", allow_pickle=False)
            for f in fields(kind)  # type: ignore[arg-type]
        }
    )


@contextmanager
def shipped_arrays(context: SparkContext, arrays: Any) -> Iterator[str]:
    """`ship_arrays` for as long as they are needed."""
    key = ship_arrays(context, arrays)
    try:
        yield key
    finally:
        take_back(key)


def take_back(*keys: str) -> None:
    """Delete what was shipped under these keys from this machine; executors elsewhere keep it.

    Workers that have a file mapped read on until they let go of it.
    """
    for folder in (Path(_outbox().name), Path(SparkFiles.getRootDirectory())):
        for key in keys:
            for path in folder.glob(f"{key}-*.npy"):
                path.unlink(missing_ok=True)


@cache
def _outbox() -> "tempfile.TemporaryDirectory[str]":
    """Executors fetch from here while the session lives; it goes when the process ends."""
    return tempfile.TemporaryDirectory(prefix="mars-batch-")
