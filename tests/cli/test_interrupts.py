"""Ctrl-C and SIGTERM: one line, code 130, and nothing left behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.night.conftest import copy_night

# Signals itself where the command stands in a place of its own.
SIGNALLED = """
import os, signal, sys, time
import mars_model.cli.main
from mars_model.cli import models
from mars_model.cli.start import main

def stand(*_):
    {stand}

models.show_decision = stand
main()
"""
COMPUTES, SWALLOWS = "where Python computes", "where the signal is swallowed"
BUSY = {
    COMPUTES: "os.kill(os.getpid(), signal.{name}); sum(range(10**9))",
    SWALLOWS: (
        "\n    try: os.kill(os.getpid(), signal.{name}); time.sleep(60)"
        "\n    except BaseException: time.sleep(60)"
    ),
}


def ended(code: str, warehouse: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A command that signals itself; it ends within 10 seconds or not at all."""
    return subprocess.run(
        [sys.executable, "-c", code, "--warehouse", warehouse, *words],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("where", "name"),
    [
        *((COMPUTES, name) for name in ("SIGINT", "SIGTERM")),
        pytest.param(SWALLOWS, "SIGTERM", marks=pytest.mark.soak),  # waits for eight seconds
    ],
)
def test_a_signal_ends_a_command_in_one_line(night, tmp_path, name: str, where: str) -> None:
    copied = copy_night(night, tmp_path / "wh")
    code = SIGNALLED.format(stand=BUSY[where].format(name=name))
    answer = ended(code, copied.warehouse.path, "models")
    assert (answer.returncode, answer.stdout) == (130, ""), answer.stderr
    (line,) = answer.stderr.splitlines()
    how = {"SIGINT": "Ctrl-C", "SIGTERM": "SIGTERM"}[name]
    assert f"interrupted by {how}: nothing is half done" in line


def test_an_ignored_signal_stays_ignored(night) -> None:
    code = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + SIGNALLED.format(
        stand="os.kill(os.getpid(), signal.SIGINT); return 'went on'"
    )
    answer = ended(code, night.warehouse.path, "models")
    assert answer.returncode == 0 and "went on" in answer.stdout, answer.stderr
