"""One process at a time, a sentence for who waits too long, no lock that outlives its process."""

import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from mars_model.errors import MarsBatchError
from mars_model.locks import locked

HOLD = """
import sys, time
from pathlib import Path
from mars_model.locks import locked
with locked(Path(sys.argv[1]), "a table", 5):
    print("held", flush=True)
    time.sleep(600)
"""


def test_who_waits_too_long_is_told_the_file_until_its_holder_was_killed(tmp_path: Path) -> None:
    file = tmp_path / "new" / "table.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)],
        env={"PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with (
            pytest.raises(MarsBatchError, match=r"^a table: .*table\.lock"),
            locked(file, "a table", 0.1),
        ):
            pass
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with locked(file, "a table", 5):
        pass


def test_a_thread_may_hold_a_lock_twice_and_another_may_not(tmp_path: Path) -> None:
    file = tmp_path / "table.lock"
    refused: list[MarsBatchError] = []

    def take() -> None:
        try:
            with locked(file, "a table", 0.1):
                pass
        except MarsBatchError as error:
            refused.append(error)

    with locked(file, "a table", 1):
        with locked(file, "a table", 1):
            pass
        other = Thread(target=take)
        other.start()
        other.join()
    assert len(refused) == 1
    take()
    assert len(refused) == 1
