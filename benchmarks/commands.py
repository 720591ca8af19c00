"""Times whole processes of two checkouts in turn: a small night, and commands that only read.

Both sides run in this script's environment, each with its own tree on PYTHONPATH and with Spark's
settings from its own conf/. How to read the figures: benchmarks/README.md.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
from deltalake import DeltaTable

from night.report import Cell, Table
from night.timing import Rounds, Spread, paired_rounds, ratios, timed

RUNS, EXPLAIN, NIGHT = (
    "mars-batch runs",
    "mars-batch explain USER",
    "spark-submit jobs/score_all_users.py",
)
SPARK_FILES = ("spark-defaults.conf", "log4j2.properties", "spark-env.sh")
_BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Checkout:
    """A tree of the project, and the folder that its Spark reads settings from."""

    tree: Path
    spark_conf: Path

    @classmethod
    def open(cls, tree: Path, spark_conf: Path) -> "Checkout":
        """Copy Spark's settings; ends the program where another tree would be imported."""
        spark_conf.mkdir()
        for name in SPARK_FILES:
            if (tree / "conf" / name).is_file():
                shutil.copy(tree / "conf" / name, spark_conf)
        checkout = cls(tree.resolve(), spark_conf)
        found = checkout.run(
            [_BIN / "python", "-c", "import mars_model; print(mars_model.__file__)"], spark_conf
        ).strip()
        if not Path(found).is_relative_to(checkout.tree):
            raise click.ClickException(f"mars_model is {found}, expected one in {checkout.tree}")
        return checkout

    def seconds(self, name: str, user_id: str, warehouse: Path) -> float:
        """Wall time of a command on a fresh copy of a warehouse."""
        with tempfile.TemporaryDirectory(prefix="mars-benchmark-") as folder:
            copy = Path(folder) / "warehouse"
            shutil.copytree(warehouse, copy)
            of_copy = ("--warehouse", copy)
            command = {
                RUNS: (_BIN / "mars-batch", *of_copy, "runs"),
                EXPLAIN: (_BIN / "mars-batch", *of_copy, "explain", user_id),
                NIGHT: (_BIN / "spark-submit", self.tree / "jobs" / "score_all_users.py", *of_copy),
            }[name]
            taken = timed(partial(self.run, list(command), Path(folder)))
        click.echo(f"  {self.tree.name}: {name} {taken:.1f} s", err=True)
        return taken

    def run(self, command: list[str | Path], folder: Path) -> str:
        """What a process prints; ends the program with its output where it fails."""
        environment = {
            **os.environ,
            "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.tree),
            "SPARK_CONF_DIR": str(self.spark_conf),
        }
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            words = " ".join(map(str, command))
            raise click.ClickException(
                f"{self.tree}: exit code {done.returncode} of {words}\n{done.stdout}{done.stderr}"
            )
        return done.stdout


def served_user(warehouse: Path) -> str:
    """Some user with a published list."""
    rows = DeltaTable(warehouse / "recommendations").to_pyarrow_dataset().head(1, ["user_id"])
    return str(rows["user_id"][0])


def compare(
    sides: dict[str, Checkout], name: str, warehouse: Path, rounds: Rounds
) -> dict[str, Cell]:
    """Seconds of a command on both sides, and their ratio in paired rounds."""
    user_id = served_user(warehouse)
    seconds = paired_rounds(
        {side: partial(one.seconds, name, user_id, warehouse) for side, one in sides.items()},
        rounds,
    )
    return {
        "command": name,
        **{f"{side}, s": Spread.of(taken) for side, taken in seconds.items()},
        "new / old": ratios(seconds["new"], seconds["old"]),
    }


@click.command()
@click.option("--old", type=click.Path(exists=True, path_type=Path), required=True, metavar="DIR")
@click.option("--new", type=click.Path(exists=True, path_type=Path), required=True, metavar="DIR")
@click.option(
    "--warehouse", type=click.Path(exists=True, path_type=Path), required=True, metavar="DIR"
)
@click.option("--rounds", "n_rounds", type=click.IntRange(1), default=3, show_default=True)
def main(old: Path, new: Path, warehouse: Path, n_rounds: int) -> None:
    """Measure two checkouts, --old and --new, on copies of a warehouse with a published night."""
    # Not counted: the first pair finds kernels that are not compiled and files that are not cached.
    rounds = Rounds(n_rounds, n_warm=1)
    with tempfile.TemporaryDirectory(prefix="mars-benchmark-") as folder:
        sides = {
            side: Checkout.open(tree, Path(folder) / side)
            for side, tree in (("old", old), ("new", new))
        }
        rows = [compare(sides, name, warehouse, rounds) for name in (RUNS, EXPLAIN, NIGHT)]
    note = "Seconds of whole processes and ratios of the same round: median (least to most)."
    click.echo(Table("commands", f"{old} against {new}", rows, (note,)).text())


if __name__ == "__main__":
    main()
