"""Times scoring: blocks against per-user attention, nights against ALS and implicit, growth.

The modules of benchmarks/night measure one part each. How to read the figures:
benchmarks/README.md, docs/performance.md.
"""

import os

# Before numpy is imported: what is compared has one thread, and Spark owns the cores.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["NUMBA_NUM_THREADS"] = "1"

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import click
from pyspark.sql import SparkSession

from night.als import measure_against_als
from night.blocks import measure_blocks
from night.evenness import measure_evenness
from night.growth import measure_growth
from night.machine import describe_machine, machine_text
from night.nights import measure_memory, measure_paths
from night.prepared import Prepared, Preparer, Shape, Vectors
from night.report import Table, write_json
from night.scorer import open_spark
from night.session import set_submit_arguments
from night.timing import Rounds


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    shapes: tuple[Shape, ...]
    growth_base: Shape
    n_doublings: int
    block_users: int
    rounds: Rounds


# Amazon Movies & TV as in the paper, and a catalogue of 12,000 for as many users.
FULL = Sizes(
    shapes=(Shape(22_147, 12_000), Shape(22_147, 178_086)),
    growth_base=Shape(5_000, 22_000),
    n_doublings=3,
    block_users=8_000,
    rounds=Rounds(n=3, n_warm=1),
)
QUICK = Sizes(
    shapes=(Shape(400, 2_000),),
    growth_base=Shape(200, 1_000),
    n_doublings=1,
    block_users=200,
    rounds=Rounds(n=1, n_warm=0),
)
QUICK_SETTINGS = ("training.max_epochs=2", "training.users_per_batch=64")


@dataclass(frozen=True)
class Benchmark:
    """The parts, each a table; warehouses are prepared when a part first needs them."""

    spark: SparkSession
    preparer: Preparer
    sizes: Sizes
    real: list[tuple[str, Path | None]]

    @cached_property
    def prepared(self) -> list[Prepared]:
        """The generated warehouses, one a shape."""
        return [self.preparer.prepare(shape) for shape in self.sizes.shapes]

    def parts(self) -> dict[str, Callable[[], Table]]:
        """What can be measured, by letter."""
        spark, sizes, both = self.spark, self.sizes, self._both
        return {
            "a": lambda: measure_blocks(self.prepared, both, sizes.block_users, sizes.rounds),
            "b": lambda: measure_against_als(spark, self.prepared, sizes.rounds),
            "c": lambda: measure_growth(
                spark, self.preparer, sizes.growth_base, sizes.n_doublings, sizes.rounds
            ),
            "d": lambda: measure_memory(spark, self.prepared),
            "e": lambda: measure_paths(spark, self.prepared, both, self.real),
            "g": lambda: measure_evenness(spark, self.prepared),
        }

    @property
    def _both(self) -> tuple[Vectors, ...]:
        return ("trained", "random")


PARTS = ("a", "b", "c", "d", "e", "g")


@click.command()
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), help="Default: all.")
@click.option("--quick", is_flag=True, help="Small sizes, one round: shows that it runs.")
@click.option("--folder", type=click.Path(path_type=Path), help="Keeps what was trained.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--cores", "n_cores", type=click.IntRange(1), help="Spark's threads; default: all.")
@click.option("--driver-memory", default="4g", show_default=True)
@click.option("--rounds", "n_rounds", type=click.IntRange(1), help="Of every paired comparison.")
@click.option("--users", "n_users", type=click.IntRange(1), help="Instead of 22,147.")
@click.option("--items", "n_items", multiple=True, type=click.IntRange(1), help="Repeatable.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE")
@click.option("--warehouse", "warehouses", multiple=True, metavar="DIR", help="Part e: real ones.")
@click.option("--conf", "confs", multiple=True, type=click.Path(path_type=Path), metavar="FILE")
def main(
    parts: tuple[str, ...],
    quick: bool,
    folder: Path | None,
    json_file: Path | None,
    n_cores: int | None,
    driver_memory: str,
    n_rounds: int | None,
    n_users: int | None,
    n_items: tuple[int, ...],
    overrides: tuple[str, ...],
    warehouses: tuple[str, ...],
    confs: tuple[Path, ...],
) -> None:
    """Measure scoring, part by part: a table on stdout, and JSON with --json."""
    if confs and len(confs) != len(warehouses):
        raise click.UsageError("give a --conf for each --warehouse, in the same order, or none")
    sizes = _sizes(QUICK if quick else FULL, n_rounds, n_users, n_items)
    changed = (*(QUICK_SETTINGS if quick else ()), *overrides)
    set_submit_arguments(n_cores or len(os.sched_getaffinity(0)), driver_memory)
    with _kept_or_temporary(folder) as place:
        spark = open_spark()
        facts = {**describe_machine(spark), "sizes": asdict(sizes), "set": list(changed)}
        click.echo(machine_text(facts), err=True)
        real = list(zip(warehouses, confs or [None] * len(warehouses), strict=True))
        benchmark = Benchmark(spark, Preparer(spark, place, changed), sizes, real)
        tables = []
        for letter in parts or PARTS:
            tables.append(benchmark.parts()[letter]())
            click.echo(f"\n{tables[-1].text()}")
            if json_file is not None:
                write_json(json_file, facts, tables)
        spark.stop()
    click.echo(f"\n{machine_text(facts)}")


def _sizes(
    sizes: Sizes, n_rounds: int | None, n_users: int | None, n_items: tuple[int, ...]
) -> Sizes:
    """The sizes with what the options say instead."""
    users = n_users or sizes.shapes[0].n_users
    items = n_items or tuple(shape.n_items for shape in sizes.shapes)
    return Sizes(
        shapes=tuple(Shape(users, n) for n in items),
        growth_base=sizes.growth_base,
        n_doublings=sizes.n_doublings,
        block_users=min(sizes.block_users, users),
        rounds=Rounds(n_rounds or sizes.rounds.n, sizes.rounds.n_warm),
    )


@contextmanager
def _kept_or_temporary(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder.absolute()
    else:
        with tempfile.TemporaryDirectory(prefix="mars-benchmark-") as temporary:
            yield Path(temporary)


if __name__ == "__main__":
    main()
