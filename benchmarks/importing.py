"""Throughput of `mars-batch import` of a day's file, beside DuckDB's COPY of it into Parquet.

How to read it: benchmarks/README.md.
"""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import click
import duckdb
import numpy as np

_CHUNK = 500_000
_MIB = 1 << 20


@click.command()
@click.option("--events", "n_events", default=10_000_000, show_default=True)
@click.option("--rounds", default=1, show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), help="Kept there, else temporary.")
def main(n_events: int, rounds: int, folder: Path | None) -> None:
    """Print seconds, events a second and the largest memory of both."""
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        path = Path(temporary) / "events.csv"
        write_events(path, n_events)
        click.echo(f"{n_events:,} events, {path.stat().st_size / _MIB:,.0f} MiB of CSV")
        for number in range(rounds):
            seconds, peak = imported(path, Path(temporary) / f"warehouse-{number}")
            started = time.perf_counter()
            target = Path(temporary) / "copy.parquet"
            duckdb.sql(f"copy (from read_csv('{path}')) to '{target}' (format parquet)")
            copied = time.perf_counter() - started
            click.echo(
                f"import: {seconds:.1f} s, {n_events / seconds:,.0f} events/s, at most "
                f"{peak / _MIB:,.0f} MiB in all its processes; DuckDB's COPY: {copied:.1f} s, "
                f"{n_events / copied:,.0f} events/s; ratio {seconds / copied:.1f}"
            )


def write_events(path: Path, n_events: int) -> None:
    """Events of a day: a tenth as many users, items that few or many like, seconds as times."""
    rng = np.random.default_rng(1)
    with path.open("w", encoding="utf-8") as file:
        file.write("user_id,item_id,rating,interacted_at\n")
        for start in range(0, n_events, _CHUNK):
            n = min(_CHUNK, n_events - start)
            users = rng.integers(1, max(2, n_events // 10), n)
            items = (rng.pareto(1.0, n) * 100).astype(np.int64) % 200_000 + 1
            ratings, times = rng.integers(1, 6, n), 1_767_225_600 + rng.integers(0, 86_400, n)
            columns = zip(users, items, ratings, times, strict=True)
            file.writelines(f"{u},{i},{r},{t}\n" for u, i, r, t in columns)


def imported(path: Path, warehouse: Path) -> tuple[float, float]:
    """Import by the command: seconds, and the largest memory of its processes in bytes."""
    code = "from mars_model.cli.main import main; main()"
    command = [sys.executable, "-c", code, "--warehouse", str(warehouse), "import"]
    started = time.perf_counter()
    process = subprocess.Popen([*command, "--interactions", str(path)])
    sizes: list[float] = []
    watch = threading.Thread(target=lambda: sizes.extend(memory_of(process)))
    watch.start()
    if process.wait():
        raise SystemExit(f"import ended with {process.returncode}")
    seconds = time.perf_counter() - started
    watch.join()
    return seconds, max(sizes)


def memory_of(process: "subprocess.Popen[bytes]") -> Iterator[float]:
    """Resident bytes of a process and all below it, four times a second, while it runs."""
    while process.poll() is None:
        yield sum(resident(pid) for pid in family(process.pid))
        time.sleep(0.25)


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(each for child in children for each in family(int(child)))]


def resident(pid: int) -> int:
    """Resident bytes of a process; 0 where it ended meanwhile."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * 4096


if __name__ == "__main__":
    main()
