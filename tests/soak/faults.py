"""Faults at the boundaries of a command: every call that changes what others read.

The product has no hooks for it: named functions are patched before the command runs. What is not
known to be a reader counts as a boundary, so a new one is covered by itself.
"""

import inspect
import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrameWriter, SparkSession

from mars_model.bundle.registry import Registry
from mars_model.tables import delta_files, delta_spark
from mars_model.tables.warehouse import Warehouse

# Whole calls of the workflows, to stop at: within them locks are held.
OUTER = (Warehouse, Registry)
READERS = {
    Warehouse: ("alone",),
    Registry: ("alone",),
    delta_spark: (
        *("quoted", "is_table", "pin_table", "commits", "properties", "load", "files_at"),
        *("stored_files", "has_all_files"),
    ),
    delta_files: (
        *("local_folder", "is_table", "open_table", "pin_table", "commits", "properties"),
        *("files_at", "stored_files", "has_all_files"),
    ),
}
_WRITES = re.compile(
    r"\s*(create(?!.*\btemp)|alter|delete|drop|insert|merge|optimize|restore|update|vacuum)\b", re.I
)


@dataclass(frozen=True)
class Plan:
    """What happens at which boundary: the `at`-th from 1, or the first that is `named` so."""

    root: str  # of the warehouse
    log: str | None = None  # a line a boundary: its name, and the seconds since the process began
    at: int | None = None
    named: str | None = None
    is_after: bool = False
    # kill, stop (until the file `go` is there), fill (the disk of the folder `go`), or a signal.
    do: str = ""
    go: str | None = None
    later_s: float = 0.0  # a signal comes so much later, in the middle of the call

    def as_json(self) -> str:
        """For another process."""
        return json.dumps(self.__dict__)


class Boundaries:
    """Counts the boundaries of one command and does what its plan says."""

    def __init__(self) -> None:
        self._depth = threading.local()
        self.follow(None)

    def follow(self, plan: Plan | None) -> None:
        """Begin to count anew, by another plan."""
        self.plan, self.n, self._is_done = plan, 0, False

    def around(self, name: str, call: Callable[[], Any]) -> Any:
        """Make the call, and what is planned before or behind it."""
        if self.plan is None or getattr(self._depth, "n", 0):  # within another boundary
            return call()
        self.n += 1
        number = self.n
        self._log(name)
        self._reach(name, number, False)
        self._depth.n = 1
        try:
            result = call()
        except Exception:
            self._log("failed")
            raise
        finally:
            self._depth.n = 0
        self._reach(name, number, True)
        return result

    def _log(self, name: str, later_s: float = 0.0) -> None:
        if self.plan.log is not None:
            with open(self.plan.log, "a", encoding="utf-8") as log:
                log.write(json.dumps([name, time.monotonic() + later_s]) + "\n")

    def pass_by(self, name: str, call: Callable[[], Any]) -> Any:
        """The same for a call that may hold several boundaries: it is found by its name alone."""
        if self.plan is None:
            return call()
        self._reach(name, 0, False)
        result = call()
        self._reach(name, 0, True)
        return result

    def _reach(self, name: str, number: int, is_after: bool) -> None:
        plan = self.plan
        is_it = plan.at == number or plan.named == name
        if self._is_done or not plan.do or not is_it or plan.is_after != is_after:
            return
        self._is_done = True
        if plan.do == "kill":
            os.killpg(os.getpgrp(), signal.SIGKILL)
        elif plan.do == "stop":
            Path(f"{plan.go}.reached").touch()
            while not Path(plan.go).exists():
                time.sleep(0.01)
        elif plan.do == "fill":
            fill(Path(plan.go))
            self._log("full")
        else:
            self._log(plan.do, plan.later_s)
            number_of = getattr(signal, plan.do)
            threading.Timer(plan.later_s, os.kill, (os.getpid(), number_of)).start()
            if not plan.later_s:
                time.sleep(60)


def fill(folder: Path) -> None:
    """Write until nothing more fits."""
    with (folder / ".filler").open("wb", buffering=0) as filler:
        for size in (1 << 16, 1 << 10, 1):
            try:
                while True:
                    filler.write(b"0" * size)
            except OSError:
                continue


def install(boundaries: Boundaries) -> None:
    """Patch everything that writes."""
    for owner, readers in READERS.items():
        for name, function in list(vars(owner).items()):
            is_own = inspect.isfunction(function) and not name.startswith("_")
            home = owner.__name__ if inspect.ismodule(owner) else owner.__module__
            if is_own and name not in readers and function.__module__ == home:
                around = boundaries.pass_by if owner in OUTER else boundaries.around
                label = f"{getattr(owner, '__name__', '').rsplit('.', 1)[-1]}.{name}"
                setattr(owner, name, _wrapped(boundaries, around, label, function))
    for name in ("rename", "replace"):
        setattr(os, name, _moved(boundaries, getattr(os, name)))
    save, sql = DataFrameWriter.save, SparkSession.sql

    def saved(writer: Any, path: Any = None, *args: Any, **options: Any) -> Any:
        return boundaries.around(
            f"save {_table(boundaries, path)}", lambda: save(writer, path, *args, **options)
        )

    def asked(session: Any, query: str, *args: Any, **options: Any) -> Any:
        def call() -> Any:
            return sql(session, query, *args, **options)

        said, of = _WRITES.match(query), ""
        if said is None or boundaries.plan is None:
            return call()
        if boundaries.plan.root in query:
            of = re.match(r"[^/`]*", query.partition(f"{boundaries.plan.root}/")[2])[0]
        return boundaries.around(f"sql {said[1].lower()} {of}", call)

    DataFrameWriter.save, SparkSession.sql = saved, asked


def _wrapped(
    boundaries: Boundaries,
    around: Callable[[str, Callable[[], Any]], Any],
    name: str,
    function: Callable[..., Any],
) -> Any:
    def call(*args: Any, **options: Any) -> Any:
        of = next((t for t in (_table(boundaries, a) for a in args) if t), "")
        return around(f"{name} {of}".strip(), lambda: function(*args, **options))

    return call


def _moved(boundaries: Boundaries, function: Callable[..., Any]) -> Any:
    def call(source: Any, target: Any, **options: Any) -> Any:
        plan = boundaries.plan
        if plan is None or not str(target).startswith(plan.root):
            return function(source, target, **options)
        name = re.sub(r"[0-9a-f]{8,}", "*", Path(str(target)).name)
        return boundaries.around(f"move {name}", lambda: function(source, target, **options))

    return call


def _table(boundaries: Boundaries, argument: Any) -> str:
    """The table that an argument names or lies in; nothing for others."""
    if isinstance(argument, str) and re.fullmatch(r"[a-z_]+", argument):
        return argument
    plan = boundaries.plan
    if plan is None or not isinstance(argument, str | Path):
        return ""
    path = str(argument)
    return path.removeprefix(plan.root).strip("/").split("/")[0] if plan.root in path else ""
