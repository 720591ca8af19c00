"""Starts Spark's JVM, keeps what it says to itself until it stands, and ends it at an interrupt."""

import os
import subprocess
import threading
import traceback
from contextlib import suppress

from py4j.java_gateway import JavaGateway
from pyspark.java_gateway import launch_gateway

from mars_model.redact import redact

# How long it may take to stop its work and delete its scratch files, or to come up and end then.
_PATIENCE_S = 3.0


class StartingJvm:
    """A JVM whose stderr is kept while it starts, and passed on from then on.

    One that fails says so in pages; its words are for `said`, and one sentence for people.
    """

    def __init__(self) -> None:
        self._kept: list[bytes] = []
        self._is_kept = True
        self._lock = threading.Lock()
        self._reader: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> JavaGateway:
        """The way to a new JVM. Raises PySparkRuntimeError where none comes up."""
        read_end, write_end = os.pipe()
        self._reader = threading.Thread(target=self._read, args=(read_end,), daemon=True)
        self._reader.start()
        try:
            gateway = _launch(write_end)
        except KeyboardInterrupt as stopped:
            # With launch_gateway's variables goes its stdin, at whose end a JVM ends itself.
            traceback.clear_frames(stopped.__traceback__)
            self._reader.join(_PATIENCE_S)
            raise
        self._process = gateway.proc
        _started.append(self)
        return gateway

    def end(self) -> None:
        """End it, and the Python workers with it; what it says from now on is not shown."""
        # Without the lock: the handler of a signal may have come while this thread held it.
        self._is_kept = True
        if self._process is None or self._reader is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._reader.join(1)  # its workers hold the other end

    def let_end(self) -> int:
        """Let it end by itself, whatever it still writes; its exit code."""
        if self._process is None or self._process.stdin is None:
            return 0
        self._process.stdin.close()
        return self._process.wait()

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


_started: list[StartingJvm] = []


def _launch(stderr: int) -> JavaGateway:
    try:
        return launch_gateway(popen_kwargs={"stderr": stderr})  # type: ignore[no-untyped-call]
    finally:
        os.close(stderr)


def end_started() -> None:
    """End the JVM of this process, where it started one."""
    for jvm in _started:
        jvm.end()


def let_started_end() -> int:
    """Wait until the JVM of this process has ended by itself; the worst exit code."""
    return max((jvm.let_end() for jvm in _started), default=0)


def _write(line: bytes) -> None:
    with suppress(OSError):  # where nobody listens any more
        os.write(2, redact(line.decode(errors="replace")).encode())
