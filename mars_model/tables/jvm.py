"""Starts Spark's JVM, and keeps what it says to itself until it stands."""

import os
import threading
from contextlib import suppress

from py4j.java_gateway import JavaGateway
from pyspark.java_gateway import launch_gateway


class StartingJvm:
    """A JVM whose stderr is kept while it starts, and passed on from then on.

    One that fails says so in pages; its words are for `said`, and one sentence for people.
    """

    def __init__(self) -> None:
        self._kept: list[bytes] = []
        self._is_kept = True
        self._lock = threading.Lock()
        self._reader: threading.Thread | None = None

    def start(self) -> JavaGateway:
        """The way to a new JVM. Raises PySparkRuntimeError where none comes up."""
        read_end, write_end = os.pipe()
        self._reader = threading.Thread(target=self._read, args=(read_end,), daemon=True)
        self._reader.start()
        try:
            gateway: JavaGateway = launch_gateway(  # type: ignore[no-untyped-call]
                popen_kwargs={"stderr": write_end}
            )
            return gateway
        finally:
            os.close(write_end)

    def pass_on(self) -> None:
        """Show what was kept, and all that comes."""
        with self._lock:
            for line in self._kept:
                _write(line)
            self._kept.clear()
            self._is_kept = False

    def said(self) -> str:
        """What it said so far; all of it where it ended."""
        if self._reader is not None:
            self._reader.join(timeout=2)
        with self._lock:
            return b"".join(self._kept).decode(errors="replace")

    def _read(self, read_end: int) -> None:
        with os.fdopen(read_end, "rb") as lines:
            for line in lines:
                with self._lock:
                    (self._kept.append if self._is_kept else _write)(line)


def _write(line: bytes) -> None:
    with suppress(OSError):  # where nobody listens any more
        os.write(2, line)
