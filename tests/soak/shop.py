"""A small shop to be soaked: copies of it, commands on it, and what readers see of it."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import duckdb
import pyarrow as pa
import yaml
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from mars_model.resources import sql_files
from tests.conftest import Night
from tests.soak import figures
from tests.soak.faults import Plan

REPOSITORY = Path(__file__).parents[2]
COMMAND = (sys.executable, "-c", "from mars_model.cli.start import main; main()")
# What a user's environment has, and not what this process set for its own Spark.
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(("PYSPARK_", "SPARK_"))} | {
    "PYTHONPATH": str(REPOSITORY),
    # One thread each: two processes run at once.
    "PYSPARK_SUBMIT_ARGS": "--master local[1] --conf spark.driver.memory=1g pyspark-shell",
    "OMP_NUM_THREADS": "1",
}
NO_ROWS = "no rows"


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it said."""

    exit_code: int
    stderr: str
    seconds: float
    stdout: str = ""

    def assert_sentence(self) -> None:
        """No trace, and no error that nobody had expected."""
        assert "Traceback" not in self.stderr and "unexpected " not in self.stderr, self.stderr


def copy_shop(night: Night, folder: Path, *without: str) -> Path:
    """The night's warehouse in a folder of its own, with its settings beside the tables."""
    shutil.copytree(night.warehouse.path, folder, ignore=shutil.ignore_patterns(*without))
    tree = night.settings.model_dump(mode="json", exclude={"warehouse"})
    (folder / "mars-batch.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    return folder


def words_of(shop: Path, *words: str) -> list[str]:
    """A command's words on a shop."""
    return ["--warehouse", str(shop), *words]


def start(shop: Path, plan: Plan | None, *words: str) -> "subprocess.Popen[str]":
    """The command in a process and a group of its own."""
    typed = words_of(shop, *words)
    faulty = [sys.executable, "-m", "tests.soak.typed", plan.as_json()] if plan else [*COMMAND]
    return subprocess.Popen(
        [*faulty, *typed],
        env=ENVIRONMENT,
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # What runs in the background may ignore Ctrl-C; a command at a terminal does not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def run(shop: Path, plan: Plan | None, *words: str, kill_after_s: float | None = None) -> Ended:
    """The command to its end, or to its death; what is left of its group dies with it."""
    began = time.monotonic()
    process = start(shop, plan, *words)
    try:
        out, err = process.communicate(timeout=kill_after_s or 600)
    except subprocess.TimeoutExpired:
        assert kill_after_s is not None, "a command hangs"
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
    return Ended(process.returncode, err, time.monotonic() - began, out)


def processes_of(session: int) -> list[str]:
    """The processes that still run of those that a command has started."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            state = (folder / "stat").read_text().rpartition(")")[2].split()
            if folder.name.isdigit() and int(state[3]) == session and state[0] != "Z":
                found.append((folder / "cmdline").read_text().replace("\0", " ")[:80])
        except (OSError, IndexError):
            continue
    return found


class Warm:
    """A process with a JVM of its own that runs one command after the other."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.warm"],
            env=ENVIRONMENT,
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def ask(self, shop: Path, plan: Plan | None, *words: str) -> None:
        """Begin a command."""
        asked = {"arguments": words_of(shop, *words), "plan": plan and plan.__dict__}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Ended:
        """How it ended."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "a warm process has died"
        said = json.loads(line)
        assert said["raised"] is None, said
        return Ended(said["exit_code"], said["stderr"], 0.0, said["stdout"])

    def run(self, shop: Path, *words: str, plan: Plan | None = None) -> Ended:
        """A command from beginning to end."""
        self.ask(shop, plan, *words)
        return self.answer()

    def end(self) -> None:
        """With its JVM."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def rows_of(shop: Path, table: str, *columns: str) -> pa.Table:
    """A table as it stands, read by deltalake."""
    folder = shop / table
    if not any((folder / "_delta_log").glob("*.json")):
        return pa.table({name: pa.array([], pa.date32()) for name in columns or ("run_date",)})
    return DeltaTable(folder).to_pyarrow_table(columns=list(columns) or None)


def digest(rows: list[dict[str, Any]]) -> str:
    """Equal where all rows are, whatever their order: what is doubled or lost shows."""
    lines = sorted(json.dumps(row, sort_keys=True, default=str) for row in rows)
    return hashlib.sha256(json.dumps(lines).encode()).hexdigest()[:12]


def published(shop: Path) -> dict[str, str]:
    """A digest of the rows of each date, without what names their run."""
    return _by_date(rows_of(shop, "recommendations"))


def _by_date(table: pa.Table) -> dict[str, str]:
    by_date: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        row.pop("run_id", None)
        by_date.setdefault(str(row["run_date"]), []).append(row)
    return {day: digest(rows) for day, rows in by_date.items()}


def n_doubled_or_lost(shop: Path, expected: Path, run_date: str) -> int:
    """Rows of a date that are not in the other shop's, or not as often; read by DuckDB."""
    here, there = rows_of(shop, "recommendations"), rows_of(expected, "recommendations")
    of_date = f"select * exclude (run_id) from {{}} where run_date = date '{run_date}'"
    query = "select count(*) from (({}) except all ({}))"
    with duckdb.connect() as connection:
        connection.register("here", here)
        connection.register("there", there)
        one, other = of_date.format("here"), of_date.format("there")
        counted = [
            connection.execute(query.format(a, b)).fetchone()
            for a, b in ((one, other), (other, one))
        ]
    return sum(row[0] for row in counted if row)


def view(shop: Path) -> str:
    """What the view of the latest lists shows, by its own SQL in DuckDB."""
    (file,) = [path for path in sql_files("views") if path.stem == "latest_recommendations"]
    query = file.read_text(encoding="utf-8")
    # As the package registers them: the runs first.
    runs = rows_of(shop, "recommendation_runs", "run_date", "status")
    if "status" not in runs.column_names:
        runs = pa.table(
            {"run_date": pa.array([], pa.date32()), "status": pa.array([], pa.string())}
        )
    rows = rows_of(shop, "recommendations")
    if not rows.num_rows:
        return NO_ROWS
    with duckdb.connect() as connection:
        connection.register("recommendation_runs", runs)
        connection.register("recommendations", rows)
        found = connection.sql(query).to_arrow_table().to_pylist()
    for row in found:
        row.pop("run_id", None)
    return digest(found)


@dataclass
class Reader:
    """Reads the published table and the view whenever a file of theirs has changed."""

    shop: Path
    seen: list[dict[str, str]] = field(default_factory=list)
    views: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def __enter__(self) -> "Reader":
        self._stop = Event()
        self._thread = Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        read: list[str] | None = None
        while not self._stop.is_set():
            # Listed before it is read: what changes meanwhile is read again.
            files = self._files()
            figures.counts["looks"] += 1
            if files != read:
                self._read()
                read = files
            time.sleep(0.01)

    def _files(self) -> list[str]:
        folders = (self.shop / "recommendations", self.shop / "recommendation_runs")
        return sorted(
            str(Path(folder, name))
            for table in folders
            for folder, _, names in os.walk(table)
            for name in names
        )

    def _read(self) -> None:
        try:
            found, shown = published(self.shop), view(self.shop)
        except (DeltaError, OSError, duckdb.Error) as error:
            self.failed.append(str(error))
            return
        figures.counts["reads"] += 1
        if found not in self.seen[-1:]:
            self.seen.append(found)
        if shown not in self.views[-1:]:
            self.views.append(shown)
