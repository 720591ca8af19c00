"""Locks between processes, where neither a rename nor Delta protects; they end with a process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from mars_model.errors import MarsBatchError


@contextmanager
def locked(file: Path, what: str, wait_s: float) -> Iterator[None]:
    """Hold the lock of a file, which is made where it is missing and stays; a thread may nest it.

    Raises MarsBatchError where another process holds it for longer than `wait_s`; the sentence
    says `what` is locked.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(file, is_singleton=True)
    try:
        lock.acquire(timeout=wait_s)
    except Timeout as error:
        raise MarsBatchError(
            f"{what}: another process of mars-batch has been writing it for {wait_s:g} seconds and "
            f"more (lock file {file}). Run this again when it has ended"
        ) from error
    try:
        yield
    finally:
        lock.release()
