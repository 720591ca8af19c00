"""Ctrl-C and SIGTERM: either ends a command in one line and code 130, at most ten seconds later.

The first one ends Spark and is raised where the command stands, as Ctrl-C is in any program of
Python's; those that follow change nothing. Python runs no handler while a library computes, and a
library may swallow what is raised: where the command has not ended after a while, a thread ends it.
"""

import io
import logging
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import TextIO

from mars_model.errors import Interrupted

_SIGNALS = {int(signal.SIGINT): "Ctrl-C", int(signal.SIGTERM): "SIGTERM"}
# To end Spark, and for what a command does last: keep a training's epochs, delete its drafts.
_PATIENCE_S = 8.0


class _Interruption:
    """What arrived in this process, and whether it was said."""

    signal: int | None = None
    stderr: TextIO | None = None  # where the line is written; nobody else speaks any more
    is_said = False
    is_over = False  # the command has ended already


_state = _Interruption()


def heed_signals() -> None:
    """Take both signals from now on; one that is ignored on purpose (nohup, `&`) stays so.

    Python gives signals to a program's main thread alone: elsewhere nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    os.register_at_fork(after_in_child=_forget)
    threading.Thread(target=_end_late, args=(read_end,), daemon=True).start()


def is_interrupted() -> bool:
    """Whether a signal arrived: then errors are what came of it."""
    return _state.signal is not None


def say_interrupted(command: str | None, stopped: BaseException | None = None) -> str:
    """What is said of a command that was interrupted, in its own words where it has some."""
    _state.is_said = True
    if isinstance(stopped, Interrupted) and str(stopped):
        return str(stopped)
    how = _SIGNALS[_state.signal or signal.SIGINT]
    return (
        f"{command or 'mars-batch'} interrupted by {how}: nothing is half done, every table is "
        "whole and what was published stands. Run the same command again"
    )


def tell(line: str) -> None:
    """The one line, on stderr."""
    stderr = _state.stderr or sys.stderr
    stderr.write(f"{line}\n")
    stderr.flush()


def end_heeding() -> None:
    """The command has said how it ended: a signal that comes now changes nothing."""
    _state.is_over = True


def _interrupt(number: int, _frame: FrameType | None) -> None:
    if is_interrupted() or _state.is_over:
        return
    _state.signal = number
    # What threads and libraries say of it on the way out is no news.
    _state.stderr, sys.stderr = sys.stderr, io.StringIO()
    sys.unraisablehook = lambda _: None
    logging.disable()
    _end_spark()
    raise KeyboardInterrupt


def _end_spark() -> None:
    """Nothing waits for Spark from now on, and it commits nothing after the command's last line."""
    if jvm := sys.modules.get("mars_model.tables.jvm"):
        jvm.end_started()


def _end_late(read_end: int) -> None:
    """The thread that ends a command which does not end by itself."""
    while not {*os.read(read_end, 64)} & {*_SIGNALS}:
        pass
    time.sleep(_PATIENCE_S)
    _state.signal = _state.signal or signal.SIGTERM
    if not (_state.is_said or _state.is_over):
        os.write(2, f"{say_interrupted(None)}\n".encode())
    _end_spark()
    os._exit(Interrupted.exit_code)


def _forget() -> None:
    """In a process that was forked: its signals are its own."""
    signal.set_wakeup_fd(-1)
    for number in _SIGNALS:
        if signal.getsignal(number) is _interrupt:
            signal.signal(number, signal.SIG_DFL)
