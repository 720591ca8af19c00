"""Files whose bytes are known by their SHA-256: read once, verified, and used from memory.

What is opened is what was verified, whatever becomes of the file in between.
"""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from mars_model.errors import MarsBatchError

MIB = 2**20
# A graph is one protobuf message, and no reader of protobuf takes 2 GiB.
MOST_GRAPH_BYTES = 2048 * MIB - 1
# Of any other file, also unpacked: the factors of 8 million items with K = 128.
MOST_FILE_BYTES = 8192 * MIB


class BadFileError(MarsBatchError):
    """Why a file of a bundle cannot be used, as a half-sentence that follows its name."""


@dataclass(frozen=True)
class SealedFile:
    """A file and the SHA-256 that its bytes must have."""

    path: Path
    sha256: str

    def read(self) -> bytes:
        """The bytes, verified. Raises MarsBatchError where they are others than they must be."""
        try:
            content = read_plain_file(self.path, MOST_FILE_BYTES)
        except BadFileError as error:
            raise _changed(self.path, str(error)) from error
        if sha256_of(content) != self.sha256:
            raise _changed(self.path, "has another SHA-256 than when it was verified")
        return content


def seal(path: Path) -> SealedFile:
    """A file that this process has just written, with the hash of what it holds now."""
    return SealedFile(path, sha256_of(path.read_bytes()))


def sha256_of(content: bytes) -> str:
    """SHA-256 of some bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def read_plain_file(path: Path, most_bytes: int) -> bytes:
    """All bytes of a file. Raises BadFileError where it is none, or a larger one.

    A pipe or a device, which might never end, is not read from.
    """
    try:
        # Without O_NONBLOCK opening a pipe waits for somebody to write to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise BadFileError("is no plain file")
            if found.st_size > most_bytes:
                raise BadFileError(f"has {found.st_size:,} bytes, at most {most_bytes:,}")
            content = file.read(most_bytes + 1)
    except FileNotFoundError as error:
        raise BadFileError("is missing") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise BadFileError(
            f"cannot be read ({getattr(error, 'strerror', None) or error})"
        ) from error
    if len(content) > most_bytes:
        raise BadFileError(f"has more than {most_bytes:,} bytes")
    return content


def _changed(path: Path, found: str) -> MarsBatchError:
    return MarsBatchError(
        f"{path}: {found}. Restore the file or train again with: mars-batch train"
    )
