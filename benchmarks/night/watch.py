"""Watches the memory of Spark's Python workers from outside, through /proc."""

import contextlib
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

INTERVAL_S = 0.1
_PROC = Path("/proc")
# Asks the kernel to forget a process's peak so far.
_FORGET_PEAK = "5"
# Modules that Spark starts Python workers from; a worker has its daemon's command line.
_DAEMONS = (b"pyspark.daemon", b"pyspark.worker")


@dataclass
class WorkerWatch:
    """Keeps the highest memory of any Python worker below this process while it is entered.

    `peak_mb`: resident memory, with what is mapped from files and shared with other workers.
    `peak_own_mb`: resident memory without mapped files, by samples only. Both 0 where no worker
    was seen.
    """

    peak_mb: float = 0.0
    peak_own_mb: float = 0.0
    n_workers: int = 0
    _seen: set[int] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> "WorkerWatch":
        for pid in worker_pids(os.getpid()):
            with contextlib.suppress(OSError):
                (_PROC / str(pid) / "clear_refs").write_text(_FORGET_PEAK)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._stop.is_set():
            for pid in worker_pids(os.getpid()):
                status = read_status(pid)
                self._seen.add(pid)
                self.peak_mb = max(self.peak_mb, status.get("VmHWM", 0) / 1024)
                self.peak_own_mb = max(self.peak_own_mb, status.get("RssAnon", 0) / 1024)
            self.n_workers = len(self._seen)
            self._stop.wait(INTERVAL_S)


def worker_pids(root: int) -> list[int]:
    """Python workers of Spark below a process: children of a daemon that itself is one."""
    parents = _parents()
    is_daemon = {pid: _is_pyspark(pid) for pid in _descendants(root, parents)}
    return [pid for pid, yes in is_daemon.items() if yes and is_daemon.get(parents[pid], False)]


def read_status(pid: int) -> dict[str, int]:
    """The numbers of /proc/<pid>/status, sizes in kB; empty where the process is gone."""
    try:
        lines = (_PROC / str(pid) / "status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.split() for line in lines)
    return {p[0].rstrip(":"): int(p[1]) for p in pairs if len(p) > 1 and p[1].isdigit()}


def _parents() -> dict[int, int]:
    pids = [int(path.name) for path in _PROC.iterdir() if path.name.isdigit()]
    found = {pid: read_status(pid).get("PPid") for pid in pids}
    return {pid: parent for pid, parent in found.items() if parent is not None}


def _descendants(root: int, parents: dict[int, int]) -> list[int]:
    below, level = [], {root}
    while level:
        level = {pid for pid, parent in parents.items() if parent in level}
        below += sorted(level)
    return below


def _is_pyspark(pid: int) -> bool:
    """Not only by the word: the JVM has it on its command line, and so has what it forks."""
    try:
        arguments = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(argument in _DAEMONS for argument in arguments[1:])
