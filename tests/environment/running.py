"""Runs the real command in a process and an environment of its own, and reads how it ended."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2]
COMMAND = (sys.executable, "-c", "from mars_model.cli.start import main; main()")
# What this process set for its own Spark is no part of a user's environment.
_OURS = re.compile(r"PYSPARK_|SPARK_|JAVA_|_JAVA_|JDK_JAVA_|LC_|LANG|PYTEST_")
_TRACE = re.compile(r"Traceback|^\s+at |Exception in thread|^\s+File \"", re.MULTILINE)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    exit_code: int
    stdout: str
    stderr: str

    def assert_done(self, *words: str) -> None:
        """It did what it was asked for, without a word that is not the user's."""
        assert self.exit_code == 0, self.stderr
        self._assert_no_trace()
        for word in words:
            assert word in self.stdout

    def assert_refused(self, *words: str, exit_code: int = 1) -> None:
        """It ended in one sentence with these words."""
        errors = [line for line in self.stderr.splitlines() if line.startswith("error: ")]
        assert (self.exit_code, len(errors)) == (exit_code, 1), self
        assert "unexpected" not in errors[0]
        self._assert_no_trace()
        for word in words:
            assert word in errors[0]

    def assert_diagnosed(self, *words: str) -> None:
        """Doctor named the problem, and did not try to start Spark first."""
        problems = [line for line in self.stdout.splitlines() if line.startswith("PROBLEM ")]
        assert (self.exit_code, len(problems)) == (1, 1), self
        self._assert_no_trace()
        assert "Spark 4" not in self.stdout
        for word in words:
            assert word in problems[0]

    def _assert_no_trace(self) -> None:
        assert not _TRACE.search(self.stdout + self.stderr), self.stderr


def run(
    *arguments: str,
    environment: Mapping[str, str | None] | None = None,
    inside: Sequence[str] = (),
    cwd: Path | None = None,
    program: Sequence[str] = COMMAND,
) -> Ended:
    """A program, mars-batch, as typed; `inside`: a command in front of it, such as unshare."""
    said = {key: value for key, value in os.environ.items() if not _OURS.match(key)}
    said["PYTHONPATH"] = str(PACKAGE)
    for key, value in (environment or {}).items():
        if value is None:
            said.pop(key, None)
        else:
            said[key] = value
    answer = subprocess.run(
        [*inside, *program, *arguments],
        env=said,
        cwd=cwd,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=300,
    )
    return Ended(answer.returncode, answer.stdout, answer.stderr)


def shell(script: str, *unshare: str) -> tuple[str, ...]:
    """In front of a command: a shell script and then the command, in namespaces of their own.

    Skips the test, with the reason, where this machine does not give them.
    """
    given = ("unshare", *unshare) if unshare else ()
    if given:
        if shutil.which("unshare") is None:
            pytest.skip("this machine has no unshare")
        tried = subprocess.run([*given, "bash", "-ec", script], capture_output=True, text=True)
        if tried.returncode:
            pytest.skip(f"this machine does not allow it: {tried.stderr.strip()}")
    return (*given, "bash", "-ec", f'{script}\nexec "$@"', "bash")


def script_in(folder: Path, name: str, text: str) -> Path:
    """A program of a few lines of shell."""
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    file.chmod(0o755)
    return file
